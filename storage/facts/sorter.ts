/** An external sort: entries of any number, brought into the order of their keys' hashes with bounded memory. */
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FactEntry } from '../../curation/rules/facts/entry.ts';

const HASH_SPACE = 2 ** 53;
/** UTF-16 units a bucket holds back before it writes. */
const PENDING = 1 << 16;

/**
 * A 53-bit hash of the key: two 32-bit multiply-xor lanes over its UTF-16 units, mixed at the end as murmur3's finaliser does. Not
 * keyed: equal hashes of different keys share a record, and the reader compares the keys.
 */
export function hashKey(key: string): number {
  let a = 0x9e3779b9 ^ key.length;
  let b = 0x85ebca6b;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b >>> 11) * 2 ** 32 + (a >>> 0);
}

/** One line of a record: the key, a tab, the value. Neither holds a line feed, and the key no tab. */
export function recordLine(key: string, value: string): string {
  return `${key}\t${value}`;
}

/** Spreads entries over files by the leading bits of their hash, so that each file can be sorted in memory and all of them in turn. */
export class FactSorter {
  private readonly paths: string[] = [];
  private readonly files: number[] = [];
  private readonly pending: string[] = [];
  private readonly width: number;

  /** `folder` must exist and belong to this sorter; `buckets` from 1 to 512. */
  constructor(folder: string, buckets: number) {
    this.width = HASH_SPACE / buckets;
    for (let i = 0; i < buckets; i++) {
      this.paths.push(join(folder, `bucket-${i}`));
      this.files.push(openSync(this.paths[i]!, 'wx', 0o600));
      this.pending.push('');
    }
  }

  add({ key, value }: FactEntry): void {
    const hash = hashKey(key);
    const bucket = Math.floor(hash / this.width);
    const text = `${this.pending[bucket]!}${hash}\t${recordLine(key, value)}\n`;
    if (text.length < PENDING) {
      this.pending[bucket] = text;
      return;
    }
    writeAll(this.files[bucket]!, text);
    this.pending[bucket] = '';
  }

  /** Gives the records in ascending order of hash, a bucket at a time; each file is deleted once it was given. */
  *sorted(): Generator<[hash: number, record: string][]> {
    for (let i = 0; i < this.paths.length; i++) {
      writeAll(this.files[i]!, this.pending[i]!);
      this.pending[i] = '';
      this.close(i);
      const records = group(readFileSync(this.paths[i]!, 'utf8'));
      unlinkSync(this.paths[i]!);
      yield records;
    }
  }

  /** Closes what is still open, after an error too; the files go with their folder. */
  closeAll(): void {
    for (let i = 0; i < this.files.length; i++) this.close(i);
  }

  private close(bucket: number): void {
    if (this.files[bucket]! >= 0) closeSync(this.files[bucket]!);
    this.files[bucket] = -1;
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

function group(text: string): [number, string][] {
  const records = new Map<number, string>();
  for (let start = 0; start < text.length;) {
    const tab = text.indexOf('\t', start);
    const end = text.indexOf('\n', tab);
    const hash = Number(text.slice(start, tab));
    const line = text.slice(tab + 1, end);
    const before = records.get(hash);
    records.set(hash, before === undefined ? line : `${before}\n${line}`);
    start = end + 1;
  }
  return Array.from(Float64Array.from(records.keys()).sort(), (hash) => [hash, records.get(hash)!]);
}
