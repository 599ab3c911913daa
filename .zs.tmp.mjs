// storage/decode/fault.ts
var StreamFault = class extends Error {
  reason;
  constructor(reason, message) {
    super(message);
    this.name = "StreamFault";
    this.reason = reason;
  }
};
var EXPANSION = { ratio: 200, ratioFloorBytes: 16 << 20 };
var Expansion = class {
  #limits;
  #compressed = 0;
  #plain = 0;
  constructor(limits) {
    this.#limits = limits;
  }
  took(bytes) {
    this.#compressed += bytes;
  }
  gave(bytes) {
    this.#plain += bytes;
    const { ratio, ratioFloorBytes } = this.#limits;
    if (this.#plain > ratioFloorBytes && this.#plain > ratio * this.#compressed) {
      throw new StreamFault("expansion_ratio", `expands over ${ratio}:1 after ${ratioFloorBytes} bytes`);
    }
  }
};

// storage/decode/crc32.ts
import * as zlib from "node:zlib";
var native = zlib.crc32;
var TABLES = native ? [] : tables();
function crc322(bytes, crc) {
  return native ? native(bytes, crc) : sliced(bytes, crc);
}
function sliced(bytes, start, table = TABLES) {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = table;
  let crc = ~start;
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    crc ^= bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
    crc = t7[crc & 255] ^ t6[crc >>> 8 & 255] ^ t5[crc >>> 16 & 255] ^ t4[crc >>> 24] ^ t3[bytes[at + 4]] ^ t2[bytes[at + 5]] ^ t1[bytes[at + 6]] ^ t0[bytes[at + 7]];
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]) & 255] ^ crc >>> 8;
  return ~crc >>> 0;
}
function tables() {
  const made = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 3988292384 ^ crc >>> 1 : crc >>> 1;
    made[0][byte] = crc;
  }
  for (let slice = 1; slice < 8; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = made[slice - 1][byte];
      made[slice][byte] = made[0][before & 255] ^ before >>> 8;
    }
  }
  return made;
}

// storage/decode/inflate.ts
import { createInflateRaw } from "node:zlib";
var PIECE_BYTES = 1 << 20;
async function* inflate(input) {
  const stream = createInflateRaw({ chunkSize: PIECE_BYTES });
  const state = new Progress(stream);
  try {
    while (!state.ended) {
      const block = await input.block();
      const before = stream.bytesWritten;
      if (block === null) state.finish();
      else state.write(block);
      for (let piece = await state.next(); piece !== null; piece = await state.next()) yield piece;
      const taken = stream.bytesWritten - before;
      if (block !== null && taken < block.length) {
        input.unread(block.subarray(taken));
        return;
      }
    }
  } finally {
    stream.destroy();
  }
}
var Progress = class {
  #stream;
  #written = true;
  #error;
  #wake;
  ended = false;
  constructor(stream) {
    this.#stream = stream;
    stream.on("readable", () => this.#wake?.());
    stream.on("end", () => {
      this.ended = true;
      this.#wake?.();
    });
    stream.on("error", (error) => {
      this.#error = error;
      this.#wake?.();
    });
  }
  write(block) {
    this.#written = false;
    this.#stream.write(block, () => {
      this.#written = true;
      this.#wake?.();
    });
  }
  finish() {
    this.#written = false;
    this.#stream.end();
  }
  /** The next piece; null once the block is taken and all of its output was given. */
  async next() {
    for (; ; ) {
      if (this.#error) throw faultOf(this.#error);
      const piece = this.#stream.read();
      if (piece !== null) return piece;
      if (this.#written || this.ended) return null;
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = void 0;
    }
  }
};
function faultOf(error) {
  return error.code === "Z_BUF_ERROR" ? new StreamFault("truncated_gzip", "the file ends within a deflate stream") : new StreamFault("crc_mismatch", "the deflate stream is corrupt");
}

// storage/decode/gzip.ts
var MAGIC = [31, 139, 8];
var HEADER_CRC = 2;
var EXTRA = 4;
var NAME = 8;
var COMMENT = 16;
var RESERVED = 224;
var LONGEST_NAME = 64 << 10;
async function* gunzip(input, expansion) {
  for (let first = true; ; first = false) {
    const magic = await input.peek(MAGIC.length);
    if (magic.length === 0 && !first) return;
    for (const [index, byte] of magic.entries()) {
      if (byte === MAGIC[index]) continue;
      if (first) throw new StreamFault("crc_mismatch", "the gzip header names an unknown method");
      throw new StreamFault("trailing_data", "bytes after the last gzip member");
    }
    await header(input);
    let crc = 0;
    let size = 0;
    for await (const piece of inflate(input)) {
      expansion.gave(piece.length);
      crc = crc322(piece, crc);
      size = size + piece.length >>> 0;
      yield piece;
    }
    const trailer = await whole(input, 8);
    if (trailer.readUInt32LE(0) !== crc) throw new StreamFault("crc_mismatch", "the CRC-32 of a gzip member is wrong");
    if (trailer.readUInt32LE(4) !== size) throw new StreamFault("crc_mismatch", "the size of a gzip member is wrong");
  }
}
async function header(input) {
  const fixed = Buffer.from(await whole(input, 10));
  const flags = fixed[3];
  if (flags & RESERVED) throw new StreamFault("crc_mismatch", "the gzip header has reserved flags set");
  let crc = crc322(fixed, 0);
  const field = async (bytes) => {
    const value = await whole(input, bytes);
    crc = crc322(value, crc);
    return value;
  };
  if (flags & EXTRA) await field((await field(2)).readUInt16LE(0));
  for (const flag of [NAME, COMMENT]) {
    if (!(flags & flag)) continue;
    for (let length = 0; (await field(1))[0] !== 0; length++) {
      if (length > LONGEST_NAME) throw new StreamFault("crc_mismatch", "the gzip header does not end");
    }
  }
  const expected = crc & 65535;
  if (flags & HEADER_CRC && (await whole(input, 2)).readUInt16LE(0) !== expected) {
    throw new StreamFault("crc_mismatch", "the CRC-16 of a gzip header is wrong");
  }
}
async function whole(input, bytes) {
  const taken = await input.take(bytes);
  if (taken.length < bytes) throw new StreamFault("truncated_gzip", "the file ends within a gzip member");
  return taken;
}

// storage/decode/input.ts
var BLOCK_BYTES = 1 << 20;
var BlockInput = class {
  #source;
  /** What has been read and not yet taken. */
  #block = Buffer.alloc(0);
  #next = Buffer.alloc(0);
  #ended = false;
  /** Told of every block that is read. */
  #onRead;
  constructor(source, onRead = () => {
  }) {
    this.#source = source;
    this.#onRead = onRead;
  }
  /** The rest of the block at hand, or else the next; null at the end. */
  async block() {
    if (this.#block.length === 0) await this.#read();
    const block = this.#block;
    this.#block = Buffer.alloc(0);
    return block.length === 0 ? null : block;
  }
  /** All that is left. */
  async *blocks() {
    for (let block = await this.block(); block !== null; block = await this.block()) yield block;
  }
  /** Gives bytes back that stand before all that is still to be taken. */
  unread(bytes) {
    this.#block = this.#block.length === 0 ? bytes : Buffer.concat([bytes, this.#block]);
  }
  /** Exactly so many bytes, or fewer at the end. */
  async take(bytes) {
    while (this.#block.length < bytes && await this.#read()) ;
    const taken = this.#block.subarray(0, bytes);
    this.#block = this.#block.subarray(taken.length);
    return taken;
  }
  /** The next bytes, without taking them. */
  async peek(bytes) {
    while (this.#block.length < bytes && await this.#read()) ;
    return this.#block.subarray(0, bytes);
  }
  /** Passes over so many bytes. @returns how many there were */
  async skip(bytes) {
    let left = bytes;
    while (left > 0) {
      const block = await this.block();
      if (block === null) break;
      if (block.length > left) this.unread(block.subarray(left));
      left -= Math.min(left, block.length);
    }
    return bytes - left;
  }
  /** Appends a block of the fixed size, or the last, smaller one. */
  async #read() {
    const parts = [this.#next];
    let size = this.#next.length;
    while (!this.#ended && size < BLOCK_BYTES) {
      const { done, value } = await this.#source.next();
      if (done) {
        this.#ended = true;
      } else {
        parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
        size += value.byteLength;
      }
    }
    if (size === 0) return false;
    const all = parts.filter((part) => part.length > 0);
    const joined = all.length === 1 ? all[0] : Buffer.concat(all, size);
    const block = joined.subarray(0, BLOCK_BYTES);
    this.#next = joined.subarray(block.length);
    this.#onRead(block.length);
    this.#block = this.#block.length === 0 ? block : Buffer.concat([this.#block, block]);
    return true;
  }
};

// storage/decode/zstd.ts
import { Decompress } from "fzstd";
import xxhash from "xxhash-wasm";
var MAGIC2 = 4247762216;
var SKIPPABLE = 407710288;
var LARGEST_BLOCK = 128 << 10;
var LARGEST_WINDOW = 128 << 20;
async function* unzstd(input, expansion) {
  const hashing = await xxhash();
  for (let first = true; ; first = false) {
    const magic = await input.peek(4);
    if (magic.length === 0 && !first) return;
    if (magic.length < 4) throw magicFault(magic);
    const number = magic.readUInt32LE(0);
    if ((number & 4294967280) >>> 0 === SKIPPABLE) await skip(input);
    else if (number === MAGIC2) yield* frame(input, expansion, hashing);
    else throw new StreamFault("trailing_data", "bytes after the last zstd frame");
  }
}
function magicFault(rest) {
  const begins = [40, 181, 47, 253].slice(0, rest.length).every((byte, index) => rest[index] === byte);
  const skips = (rest[0] & 240) === 80 && [42, 77].slice(0, rest.length - 1).every((byte, index) => rest[index + 1] === byte);
  return begins || skips ? truncated() : new StreamFault("trailing_data", "bytes after the last zstd frame");
}
async function skip(input) {
  const size = (await whole2(input, 8)).readUInt32LE(4);
  if (await input.skip(size) < size) throw truncated();
}
async function* frame(input, expansion, hashing) {
  const { bytes, contentSize, windowSize, checksum } = await header2(input);
  const largest = Math.min(LARGEST_BLOCK, windowSize);
  const hash = checksum ? hashing.create64() : null;
  let pieces = [];
  const decompressor = new Decompress(
    (piece) => pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))
  );
  let size = 0;
  for (let last = false, lead = bytes; !last; lead = Buffer.alloc(0)) {
    const head = await input.peek(3);
    if (head.length < 3) throw truncated();
    const bits = head.readUIntLE(0, 3);
    const type = bits >> 1 & 3;
    const length = bits >> 3;
    last = (bits & 1) === 1;
    if (type === 3 || length > largest)
      throw corrupt("a zstd block is larger than its frame allows, or of no known type");
    const block = await whole2(input, 3 + (type === 1 ? 1 : length));
    const tail = last && checksum ? await whole2(input, 4) : Buffer.alloc(0);
    try {
      decompressor.push(Buffer.concat([lead, block, tail]), last);
    } catch {
      throw corrupt("a zstd block is corrupt");
    }
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      size += piece.length;
      expansion.gave(piece.length);
      hash?.update(piece);
      yield piece;
    }
    pieces = [];
    if (last && hash && Number(hash.digest() & 0xffffffffn) !== tail.readUInt32LE(0))
      throw corrupt("the checksum of a zstd frame is wrong");
  }
  if (contentSize !== null && size !== contentSize) throw corrupt("the size of a zstd frame is wrong");
}
async function header2(input) {
  const start = await input.peek(5);
  if (start.length < 5) throw truncated();
  const descriptor = start[4];
  const sizeFlag = descriptor >> 6;
  const single = (descriptor & 32) !== 0;
  if (descriptor & 8) throw corrupt("a zstd frame header has its reserved bit set");
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const sizeBytes = sizeFlag === 0 ? single ? 1 : 0 : 1 << sizeFlag;
  const bytes = Buffer.from(await whole2(input, 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes));
  let at = 5;
  const exponent = single ? 0 : bytes[at] >> 3;
  const mantissa = single ? 0 : bytes[at++] & 7;
  if (dictionaryBytes > 0 && bytes.readUIntLE(at, dictionaryBytes) !== 0)
    throw corrupt("a zstd frame needs a dictionary");
  at += dictionaryBytes;
  const contentSize = sizeBytes === 0 ? null : sizeOf(bytes, at, sizeBytes);
  const windowSize = single ? contentSize : 2 ** (10 + exponent) * (1 + mantissa / 8);
  if (windowSize > LARGEST_WINDOW) {
    throw new StreamFault("expansion_ratio", `a zstd frame needs a window of more than ${LARGEST_WINDOW} bytes`);
  }
  return { bytes, contentSize, windowSize, checksum: (descriptor & 4) !== 0 };
}
function sizeOf(bytes, at, length) {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}
async function whole2(input, bytes) {
  const taken = await input.take(bytes);
  if (taken.length < bytes) throw truncated();
  return taken;
}
function truncated() {
  return new StreamFault("truncated_gzip", "the file ends within a zstd frame");
}
function corrupt(message) {
  return new StreamFault("crc_mismatch", message);
}

// storage/decode.ts
var ZSTD = [40, 181, 47, 253];
var FOREIGN_MARKS = [
  [255, 254],
  [254, 255],
  [0, 0, 254, 255]
];
function compressionOf(firstBytes) {
  const begins = (magic) => magic.slice(0, firstBytes.length).every((byte, index) => firstBytes[index] === byte);
  if (firstBytes.length === 0) return "none";
  if (begins([31, 139])) return "gzip";
  if (firstBytes.length > 1 && begins(ZSTD)) return "zstd";
  const skippable = firstBytes.length >= 4 && (firstBytes[0] & 240) === 80 && startsWith(firstBytes.subarray(1), [42, 77, 24]);
  return skippable ? "zstd" : "none";
}
async function* decode(source, limits = {}) {
  const chunks = source[Symbol.asyncIterator]();
  const expansion = new Expansion({ ...EXPANSION, ...limits });
  const input = new BlockInput(chunks, (bytes) => expansion.took(bytes));
  try {
    const compression = compressionOf(await input.peek(4));
    const plain = compression === "none" ? input.blocks() : compression === "gzip" ? gunzip(input, expansion) : unzstd(input, expansion);
    yield* withoutForeignMark(plain);
  } finally {
    await chunks.return?.();
  }
}
async function* withoutForeignMark(plain) {
  let held = Buffer.alloc(0);
  for await (const piece of plain) {
    if (held === null) {
      yield piece;
      continue;
    }
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    if (held.length < 4) continue;
    refuseMark(held);
    yield held;
    held = null;
  }
  if (held !== null && held.length > 0) {
    refuseMark(held);
    yield held;
  }
}
function refuseMark(start) {
  if (FOREIGN_MARKS.some((mark) => startsWith(start, mark))) {
    throw new StreamFault("invalid_utf8", "begins with a UTF-16 or UTF-32 byte-order mark");
  }
}
function startsWith(bytes, start) {
  return start.every((byte, index) => bytes[index] === byte);
}

// ../../tmp/a/zs.ts
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
async function* one(b) {
  yield b;
}
for (const f of process.argv.slice(2)) {
  const h = createHash("sha256");
  let n = 0;
  try {
    for await (const p of decode(one(readFileSync(f)))) {
      h.update(p);
      n += p.length;
    }
    console.log(f.split("/").pop(), n, h.digest("hex").slice(0, 16));
  } catch (e) {
    console.log(f, e.reason, e.message);
  }
}
