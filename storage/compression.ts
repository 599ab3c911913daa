/** Compresses and expands whole buffers: gzip for what a run keeps for itself, zstd for the files of a dataset. */
import { Decompress } from 'fzstd';
import { compress, init } from '@bokuweb/zstd-wasm';
import { promisify } from 'node:util';
import { constants, gzip, gunzip, type InputType, type ZlibOptions } from 'node:zlib';

const gzipAsync = promisify<InputType, ZlibOptions, Buffer>(gzip);
const gunzipAsync = promisify<InputType, ZlibOptions, Buffer>(gunzip);

/** Intermediates are at most this large when expanded, in bytes. */
const MAX_EXPANDED = 1 << 30;
/** The encoder holds input and output in one WebAssembly memory: more does not fit. */
export const MAX_ZSTD_INPUT = 512 << 20;

/** gzip at level 1, for files that are read once and thrown away; the same bytes give the same result. */
export async function packGzip(plain: Uint8Array): Promise<Buffer> {
  return gzipAsync(plain, { level: 1, chunkSize: 256 << 10 });
}

/**
 * Expands one gzip file that `packGzip` wrote.
 * @throws Error for damaged or cut bytes, for bytes after the end, and past `limit` bytes of output
 */
export async function unpackGzip(packed: Uint8Array, limit = MAX_EXPANDED): Promise<Buffer> {
  const plain = await gunzipAsync(packed, {
    maxOutputLength: limit,
    chunkSize: 256 << 10,
    finishFlush: constants.Z_FINISH,
  });
  // Node passes over zeros after the end, and joins members: the length that the last member states must be that of all.
  const end = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  if (end.readUInt32LE(end.length - 4) !== plain.length % 2 ** 32)
    throw new Error('the gzip data goes on after its end');
  return plain;
}

let ready: Promise<void> | undefined;

/**
 * One zstd frame with its content size, as every reader of `.jsonl.zst` takes it; the same bytes give the same result.
 * @param level 1 to 19
 * @throws RangeError past `MAX_ZSTD_INPUT` bytes: write more files
 */
export async function packZstd(plain: Uint8Array, level = 3): Promise<Buffer> {
  if (plain.length > MAX_ZSTD_INPUT) {
    throw new RangeError(`${plain.length} bytes are too many for one zstd frame: split them at ${MAX_ZSTD_INPUT}`);
  }
  ready ??= init();
  await ready;
  const packed = compress(plain, level);
  return Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
}

/**
 * Expands the zstd frames of one file.
 * @throws Error for damaged or cut bytes, and past `limit` bytes of output
 */
export function unpackZstd(packed: Uint8Array, limit = MAX_EXPANDED): Buffer {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const stream = new Decompress((piece) => {
    size += piece.length;
    if (size > limit) throw new Error(`the zstd data expands past ${limit} bytes`);
    pieces.push(piece);
  });
  if (packed.length === 0) throw new Error('the zstd data is empty');
  for (let at = 0; at < packed.length; at += 1 << 20) {
    stream.push(packed.subarray(at, at + (1 << 20)), at + (1 << 20) >= packed.length);
  }
  return Buffer.concat(pieces, size);
}
