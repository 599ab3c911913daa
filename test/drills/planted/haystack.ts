/** Everything a run leaves anywhere, searched for planted words: as they are, in UTF-16, within gzip, and within base64. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { filesUnder } from '../../command.ts';

/** How a word is recognised; one that was cut short still counts. */
export type Recognise = (text: string) => Iterable<string>;

export class Haystack {
  readonly #recognise: Recognise;
  /** Words found, by place. */
  readonly found = new Map<string, Set<string>>();
  bytes = 0;

  constructor(recognise: Recognise) {
    this.#recognise = recognise;
  }

  add(place: string, content: Uint8Array | string): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
    this.bytes += bytes.length;
    const words = this.found.get(place) ?? new Set<string>();
    this.found.set(place, words);
    for (const text of readings(bytes)) for (const word of this.#recognise(text)) words.add(word);
  }

  /** Every file under a folder; places are named by the kind of file. */
  addFolder(name: string, folder: string): void {
    for (const file of filesUnder(folder)) {
      this.add(`${name}: ${kindOf(file.slice(folder.length + 1))}`, readFileSync(file));
      // A name is written down too.
      this.add(`${name}: names of files`, file.slice(folder.length + 1));
    }
  }

  /** Words that are somewhere they may not be, by place. */
  leaks(isAllowed: (place: string, word: string) => boolean): [string, string[]][] {
    return [...this.found]
      .map(([place, words]): [string, string[]] => [place, [...words].filter((word) => !isAllowed(place, word))])
      .filter(([, words]) => words.length > 0);
  }
}

function kindOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] === 'runs') return parts[2] ?? 'run';
  return parts[0] === 'datasets' ? parts.slice(3).join('/') : path;
}

function* readings(bytes: Buffer): Generator<string> {
  const text = bytes.toString('latin1');
  yield text;
  yield bytes.toString('utf16le');
  yield bytes.subarray(1).toString('utf16le');
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{24,}/g))
    for (let shift = 0; shift < 4; shift++) yield Buffer.from(run.slice(shift), 'base64').toString('latin1');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    let plain: Buffer;
    try {
      plain = gunzipSync(bytes);
    } catch {
      return;
    }
    yield plain.toString('latin1');
  }
}
