/** Measures the overlap guard: lexemes, fingerprints into a filter, probing, and the guard on whole examples, on the sources of installed packages. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FingerprintFilter } from '../curation/overlap/filter.ts';
import { fingerprintKey, fingerprintsOf, guardPrints } from '../curation/overlap/fingerprint.ts';
import { guard } from '../curation/overlap/guard.ts';
import { lex, lexemeRoom } from '../curation/overlap/lexer.ts';

/** Up to `bytes` of source files under `folder`, each of a thousand to `largest` characters, in the order of their names. */
export function sources(folder: string, bytes: number, endings = /\.(?:m?js|ts|d\.ts)$/, largest = 200_000): string[] {
  const texts: string[] = [];
  let size = 0;
  const walk = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (size >= bytes) return;
      const path = join(at, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && endings.test(entry.name) && !/\.min\./.test(entry.name)) {
        const text = readFileSync(path, 'utf8');
        if (text.length < 1000 || text.length > largest) continue;
        texts.push(text);
        size += text.length;
      }
    }
  };
  walk(folder);
  return texts;
}

/**
 * Megabytes a second of processor time that `work` takes over texts, in the best of so many passes: the first ones warm, and neighbours on
 * the machine only ever slow one down.
 */
export function megabytesPerSecond(texts: string[], work: (text: string) => unknown, passes = 4): number {
  const bytes = texts.reduce((sum, text) => sum + text.length, 0);
  let least = Infinity;
  for (let pass = 0; pass < passes; pass++) {
    const start = process.cpuUsage();
    for (const text of texts) work(text);
    least = Math.min(least, process.cpuUsage(start).user);
  }
  return Math.round((bytes / least) * 10) / 10;
}

export async function benchGuard(): Promise<Record<string, number | string>[]> {
  const texts = sources('node_modules', 24_000_000);
  const key = fingerprintKey(new Uint8Array(32).fill(7));
  const room = lexemeRoom(1 << 18);
  let grams = 0;
  for (const text of texts) fingerprintsOf(text, key, () => void grams++);
  // As large as the filter of a run with a gigabyte of private text would be is too large to fill here: a size beyond all caches will do.
  const filter = FingerprintFilter.sized(Math.max(grams, 50_000_000));
  const other = FingerprintFilter.sized(Math.max(grams, 50_000_000));
  const row = (what: string, value: number): Record<string, number | string> => ({ what, 'MB/s': value });
  const examples = texts.map((text) => ({
    prefix: text.slice(0, 4000),
    completion: text.slice(4000, 4200),
    suffix: text.slice(4200, 6000),
  }));
  const judge = () => {
    for (const example of examples) guard(example, key, (hi, lo) => other.has(hi, lo));
  };
  judge();
  const started = process.cpuUsage();
  judge();
  const took = process.cpuUsage(started).user;
  const exampleBytes = examples.reduce(
    (sum, { prefix, completion, suffix }) => sum + prefix.length + completion.length + suffix.length,
    0,
  );
  return [
    row('read every character', megabytesPerSecond(texts, readAll)),
    row(
      'lexemes',
      megabytesPerSecond(texts, (text) => void lex(text, room)),
    ),
    row(
      'fingerprints',
      megabytesPerSecond(texts, (text) => fingerprintsOf(text, key, () => undefined)),
    ),
    row(
      'build: fingerprints into a filter',
      megabytesPerSecond(texts, (text) => fingerprintsOf(text, key, (hi, lo) => filter.add(hi, lo))),
    ),
    row(
      'build, with the normalised ones for review',
      megabytesPerSecond(texts, (text) => guardPrints(text, key, 'all', (hi, lo) => filter.add(hi, lo))),
    ),
    row(
      'build, winnowed',
      megabytesPerSecond(texts, (text) => guardPrints(text, key, 'winnow', (hi, lo) => filter.add(hi, lo))),
    ),
    row(
      'probe, nothing found',
      megabytesPerSecond(texts, (text) => fingerprintsOf(text, key, (hi, lo) => void other.has(hi, lo))),
    ),
    row('guard on examples of 6 KB', Math.round((exampleBytes / took) * 10) / 10),
    {
      what: 'fingerprints a MB of source',
      value: Math.round(grams / (texts.reduce((sum, text) => sum + text.length, 0) / 1e6)),
    },
    { what: 'filter bytes', value: filter.bytes },
  ];
}

/** The sum is returned so that the loop is not optimised away. */
function readAll(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
  return sum;
}
