/** Measures near-duplicates end to end on source text with planted copies, beside datatrove on the same documents where it is installed. */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { withLexemes } from '../../curation/overlap/lexer.ts';
import type { Decision, ExampleMetadata } from '../../curation/selection/policy.ts';
import { encodeSignature, signature } from '../../curation/selection/text/minhash.ts';
import { DEFAULT_SELECTION, select } from '../../curation/selection/select.ts';
import { openRelational } from '../../storage/relational.ts';
import { megabytesPerSecond, sources } from '../guard.ts';

type Row = Record<string, number | string>;

const DOCUMENTS = 20_000;
/** Characters; what datatrove and Data-Juicer were measured on. */
const LENGTH = 4200;
/** Characters of the largest file that documents are cut from: the smaller ones alone are too few. */
const LARGEST = 16_000_000;
const COPIES = 1000;
/** Words between blanks, and lexemes, that a text has at least of which a copy is made. */
const RICH = { words: 300, lexemes: 600 };
const SHORT = 1000;
/** Characters of metadata that are written at once: those of a bucket. */
const BUCKET = 1 << 20;
/** The Python in whose environment datatrove is installed. */
const PEER = 'GARNER_PEER_PYTHON';

export async function benchDocuments(): Promise<Row[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'garner-documents-'));
  try {
    const texts = documents();
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const kept = new Set<number>();
    const started = process.cpuUsage();
    await decide(texts, scratch, (i) => kept.add(i));
    const { user, system } = process.cpuUsage(started);
    const speed = (seconds: number) => Math.round((bytes / 1e6 / seconds) * 10) / 10;
    const what = `${texts.length} documents, ${Math.round(bytes / 1e6)} MB`;
    return [
      { what: `signatures of documents of ${LENGTH} characters`, 'MB/s': megabytesPerSecond(texts.slice(0, 5000), (text) => void signature(text)) }, // prettier-ignore
      { what: `near-duplicates end to end, ${what}`, 'MB/s': speed((user + system) / 1e6) },
      ...foundIn(kept, texts.length, ''),
      ...peer(texts, scratch, speed),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Source text, then copies of some of it with up to ten words changed, then short texts that are all different. */
function documents(): string[] {
  const whole = sources('node_modules', 2 * DOCUMENTS * LENGTH, /\.(?:[mc]?js|[mc]?ts)$/, LARGEST).flatMap((text) =>
    Array.from({ length: Math.floor(text.length / LENGTH) }, (_, i) => text.slice(i * LENGTH, (i + 1) * LENGTH)),
  );
  const real = whole.slice(0, DOCUMENTS - COPIES);
  if (real.length < DOCUMENTS - COPIES) throw new Error(`node_modules holds text for ${real.length} documents only`);
  // What copies are made of comes first.
  real.sort((a, b) => Number(isRich(b)) - Number(isRich(a)));
  const copies = real.slice(0, COPIES).map((text, i) => {
    const words = text.split(' ');
    for (let change = 0; change <= i % 10; change++) words[Math.floor(((change + 0.5) / 10) * words.length)] = `changed${i}x${change}`; // prettier-ignore
    return words.join(' ');
  });
  return [...real, ...copies, ...Array.from({ length: SHORT }, (_, i) => `return total${i} + ${i};`)];
}

/** Ten other words in a table of a few long ones, or in a text that is comment but for some lines, would make another text of it. */
function isRich(text: string): boolean {
  return text.split(' ').length >= RICH.words && withLexemes(text, ({ count }) => count) >= RICH.lexemes;
}

/** How many planted copies went (of a copy and what it was made of at most one is left), and how many short texts stayed. */
function foundIn(kept: ReadonlySet<number>, count: number, by: string): Row[] {
  const first = count - SHORT - COPIES;
  let found = 0;
  for (let i = 0; i < COPIES; i++) if (!(kept.has(i) && kept.has(first + i))) found++;
  let short = 0;
  for (let i = count - SHORT; i < count; i++) if (kept.has(i)) short++;
  return [
    { what: `${by}planted copies found`, value: found, of: COPIES },
    { what: `${by}distinct short texts kept`, value: short, of: SHORT },
  ];
}

/** Signs each text, and selects with the bounds out of the way: what goes is a near-duplicate. */
async function decide(texts: readonly string[], scratch: string, keep: (index: number) => void): Promise<void> {
  const file = join(scratch, 'metadata.jsonl');
  const out = createWriteStream(file);
  let lines = '';
  const id = (kind: string, i: number): string => kind + i.toString(16).padStart(31, '0');
  for (const [i, text] of texts.entries()) {
    const { signature: made, lexemes } = signature(text);
    const row: ExampleMetadata = {
      ...{ example: id('e', i), label: true, weight: 1000, reason: 'accepted_censored', time: i },
      ...{ contributor: id('a', i), repository: id('b', i), family: id('f', i), content: id('c', i), snippet: id('d', i) },
      ...{ lexemes, signature: encodeSignature(made), language: 'typescript', contaminated: false, bytes: text.length },
    }; // prettier-ignore
    lines += `${JSON.stringify(row)}\n`;
    if (lines.length < BUCKET) continue;
    if (!out.write(lines)) await once(out, 'drain');
    lines = '';
  }
  out.end(lines);
  await once(out, 'close');
  const decisions = join(scratch, 'decisions.jsonl');
  const db = await openRelational({ scratch, memory: '1GB', threads: 2 });
  try {
    await select({ files: [file] }, DEFAULT_SELECTION, new Uint8Array(32), db, decisions);
  } finally {
    await db.close();
  }
  for await (const line of createInterface({ input: createReadStream(decisions) })) {
    const { example, keep: stays } = JSON.parse(line) as Decision;
    if (stays) keep(parseInt(example.slice(1), 16));
  }
}

function peer(texts: readonly string[], scratch: string, speed: (seconds: number) => number): Row[] {
  const python = process.env[PEER];
  if (!python)
    return [{ what: 'datatrove, whitespace words', value: `not measured: ${PEER} names no Python that has it` }];
  const folder = join(scratch, 'peer');
  mkdirSync(join(folder, 'documents'), { recursive: true });
  const lines = texts.map((text, i) => JSON.stringify({ id: String(i), text }) + '\n');
  writeFileSync(join(folder, 'documents', 'all.jsonl'), lines.join(''));
  const { status, stdout } = spawnSync(python, ['bench/selection/datatrove_minhash.py', folder], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (status !== 0) return [{ what: 'datatrove, whitespace words', value: `failed: try it by hand in ${python}` }];
  const { seconds, kept } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { seconds: number; kept: string[] };
  const by = 'datatrove, whitespace words: ';
  return [{ what: `${by}end to end`, 'MB/s': speed(seconds) }, ...foundIn(new Set(kept.map(Number)), texts.length, by)];
}
