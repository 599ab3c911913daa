/** Writes a sample: events in several files and the facts that belong to them, made of installed packages and invented code. */
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { DAMAGE_SHARE, damage } from '../../curation/sample/damage.ts';
import { sampleEvents } from '../../curation/sample/events.ts';
import { sampleFacts } from '../../curation/sample/facts.ts';
import { Random } from '../../curation/sample/random.ts';
import type { SampleOptions } from '../../curation/sample/world.ts';
import { isAddress } from '../../storage/objects.ts';
import { findPackages, readSources } from './packages.ts';

export interface GenerateOptions {
  /** Lines to write, broken ones included: 1 to 1,000,000,000. */
  events: number;
  /** A whole number from 0. */
  seed: number;
  /** Folder that gets `events/`, `facts/` and `sample.json`; an earlier sample in it is replaced. */
  out: string;
  /** A folder of installed packages; the project's node_modules where absent. */
  sources?: string;
  /** Told after each file of events: how many lines are written. */
  progress?: (lines: number) => void;
  /** RFC 3339: the events lie in the two weeks before. Default 2026-05-01T00:00:00Z, so that no byte depends on the clock. */
  now?: string;
}

/** Options or a folder that cannot be used: nothing was written. */
export class SampleRefused extends Error {
  override readonly name = 'SampleRefused';
}

const DEFAULT_NOW = '2026-05-01T00:00:00Z';
const CHUNK = 1 << 20;
/** One file in this many is compressed. */
const GZIP_EVERY = 3;

/**
 * Streams a sample to disk: memory holds the sources and a few files' buffers, whatever the number of events.
 * The same seed, count, now and packages give the same bytes (compressed files: by the same zlib).
 * @returns lines of events, files and bytes written
 * @throws SampleRefused for an option out of bounds, and where `out` holds events or facts that no sample wrote
 */
export async function generate(options: GenerateOptions): Promise<{ events: number; files: number; bytes: number }> {
  const now = checked(options);
  const mark = join(options.out, MARK);
  await makeRoom(options.out);
  await writeFile(mark, `${JSON.stringify({ events: options.events, seed: options.seed, now: new Date(now) })}\n`);
  const packages = options.sources ?? (await findPackages(dirname(fileURLToPath(import.meta.url))));
  const sources = await readSources(packages);
  const sample: SampleOptions = { events: options.events, seed: options.seed, now, sources };
  const files = [
    ...(await writeEvents(sample, join(options.out, 'events'), options.progress)),
    ...(await writeFacts(sample, options.out)),
  ];
  const sizes = await Promise.all([...files, mark].map(async (file) => (await stat(file)).size));
  return { events: options.events, files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

function checked({ events, seed, out, now = DEFAULT_NOW }: GenerateOptions): number {
  if (isAddress(out))
    throw new SampleRefused('--out: give a folder; a program such as `aws s3 cp --recursive` copies it into a bucket');
  if (!Number.isInteger(events) || events < 1 || events > 1e9) {
    throw new SampleRefused('--events: give a whole number from 1 to 1000000000');
  }
  if (!Number.isSafeInteger(seed) || seed < 0) throw new SampleRefused('--seed: give a whole number from 0');
  const time = /^\d{4}-\d\d-\d\dT/.test(now) ? Date.parse(now) : Number.NaN;
  if (Number.isNaN(time)) throw new SampleRefused(`--now: give an RFC 3339 time such as ${DEFAULT_NOW}`);
  return time;
}

/** Written first: what stands beside it was written by a sample, whole or not, and may be replaced. */
const MARK = 'sample.json';

async function makeRoom(out: string): Promise<void> {
  const folders = ['events', 'facts'].map((name) => join(out, name));
  const isSample = (await lstat(join(out, MARK)).catch(() => undefined))?.isFile() === true;
  for (const folder of folders) {
    const held = await readdir(folder).catch(() => []);
    if (held.length > 0 && !isSample) {
      throw new SampleRefused(
        `${folder} holds files that no sample wrote: name another folder with --out, or empty it`,
      );
    }
  }
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
}

/** Files of at most 25,000 lines, and at least eight of them, so that the events of a suggestion come to lie in several. */
async function writeEvents(
  sample: SampleOptions,
  folder: string,
  progress?: (lines: number) => void,
): Promise<string[]> {
  const size = Math.min(25_000, Math.max(1, Math.ceil(sample.events / 8)));
  const count = Math.ceil(sample.events / size);
  const digits = Math.max(5, String(count - 1).length);
  const lines = sampleLines(sample);
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const isGzip = index % GZIP_EVERY === GZIP_EVERY - 1;
    const file = join(folder, `part-${String(index).padStart(digits, '0')}.jsonl${isGzip ? '.gz' : ''}`);
    const through: Transform[] = isGzip ? [createGzip({ level: 3 })] : [];
    await pipeline([
      Readable.from(chunks(lines, size), { objectMode: true, highWaterMark: 1 }),
      ...through,
      createWriteStream(file),
    ]);
    files.push(file);
    progress?.(Math.min(sample.events, (index + 1) * size));
  }
  return files;
}

/** Every event as a line, now and then broken. */
function* sampleLines(sample: SampleOptions): Generator<string | Uint8Array> {
  const random = new Random(sample.seed, 'damage');
  for (const event of sampleEvents(sample)) {
    yield random.chance(DAMAGE_SHARE) ? damage(event, random) : JSON.stringify(event);
  }
}

/** The next `count` lines as chunks of about a mebibyte; leaves the rest of `lines` for the next file. */
function* chunks(lines: Iterator<string | Uint8Array>, count: number): Generator<Buffer> {
  let text = '';
  for (let left = count; left > 0; left--) {
    const next = lines.next();
    if (next.done === true) break;
    if (typeof next.value === 'string') text += `${next.value}\n`;
    else {
      yield Buffer.concat([Buffer.from(text), next.value, Buffer.from('\n')]);
      text = '';
    }
    if (text.length < CHUNK) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

async function writeFacts(sample: SampleOptions, out: string): Promise<string[]> {
  const facts = sampleFacts(sample);
  const lines = (objects: object[]): string => objects.map((object) => `${JSON.stringify(object)}\n`).join('');
  const texts: [string, string][] = [
    ['repositories.jsonl', lines(facts.repositories)],
    ['repository-webhooks.jsonl', lines(facts.webhooks)],
    ['consents.jsonl', lines(facts.consents)],
    ['teams.jsonl', lines(facts.teams)],
    ...Object.entries(facts.codeowners).map(([key, text]): [string, string] => [`codeowners/${key}/CODEOWNERS`, text]),
    ...Object.entries(facts.exclusions).map(([key, text]): [string, string] => [`exclusions/${key}.yaml`, text]),
  ];
  const files: string[] = [];
  for (const [name, text] of texts) {
    const file = join(out, 'facts', name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    files.push(file);
  }
  return files;
}
