/** CRC-32 of ISO 3309, as gzip uses it. */
import * as zlib from 'node:zlib';

/** Native from Node 20.15 on. */
const native = (zlib as { crc32?: (data: Uint8Array, value: number) => number }).crc32;

/** Eight tables, for eight bytes a step ("slicing-by-8", Kounavis and Berry 2008). */
const TABLES = native ? [] : tables();

/** @param crc of the bytes before, 0 at the start */
export function crc32(bytes: Uint8Array, crc: number): number {
  return native ? native(bytes, crc) : sliced(bytes, crc);
}

/** The same without native code. */
export function sliced(bytes: Uint8Array, start: number, table: readonly Uint32Array[] = TABLES): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = table as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  let crc = ~start;
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      t7[crc & 0xff]! ^
      t6[(crc >>> 8) & 0xff]! ^
      t5[(crc >>> 16) & 0xff]! ^
      t4[crc >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Tables of the reflected polynomial 0xEDB88320. */
export function tables(): Uint32Array[] {
  const made = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    made[0]![byte] = crc;
  }
  for (let slice = 1; slice < 8; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = made[slice - 1]![byte]!;
      made[slice]![byte] = made[0]![before & 0xff]! ^ (before >>> 8);
    }
  }
  return made;
}
