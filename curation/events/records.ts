/** Cuts the plain bytes of a source into records: one line each, whatever the chunks they arrive in. */
import { Buffer } from 'node:buffer';

/** The contract's bound on a record, in bytes, its line end apart. */
export const MAX_RECORD_BYTES = 8 << 20;

/** One line that holds something. */
export interface SourceRecord {
  /** From 1, over all lines of the source, blank ones included. */
  line: number;
  /** Without LF or CRLF, and without a byte-order mark at the start of the file. May be a view of the chunk that was pushed. */
  bytes: Buffer;
  /** The last line, with no line feed after it: it may have been torn. */
  final: boolean;
}
export interface OversizedRecord {
  line: number;
  reason: 'record_too_large';
}

const LF = 10;
const CR = 13;
const BOM = [0xef, 0xbb, 0xbf] as const;
/** What a line may hold beside its record: a byte-order mark and a carriage return. */
const MARGIN = BOM.length + 1;

/**
 * Push chunks in order, then `end()`. Lines of white space alone carry no record but count as lines. Memory: at most one record of the
 * greatest size beside the chunk; the rest of a longer line is skipped. A chunk must not be written to while its records are in use.
 */
export class RecordReader {
  #line: number;
  readonly #limit: number;
  /** The beginning of a line whose end has not come yet, in the first #carried bytes. */
  #carry: Buffer = Buffer.alloc(0);
  #carried = 0;
  #skipping = false;

  /** @param options.firstLine number of the first line (1; a later one has no byte-order mark to cut); maxRecordBytes: 8 MiB */
  constructor(options: { firstLine?: number; maxRecordBytes?: number } = {}) {
    this.#line = options.firstLine ?? 1;
    this.#limit = options.maxRecordBytes ?? MAX_RECORD_BYTES;
  }

  /** The records that this chunk completes. */
  push(chunk: Uint8Array): (SourceRecord | OversizedRecord)[] {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const records: (SourceRecord | OversizedRecord)[] = [];
    let start = 0;
    for (let end = buffer.indexOf(LF); end >= 0; end = buffer.indexOf(LF, start)) {
      if (this.#carried > 0 || this.#skipping) {
        this.#keep(buffer.subarray(start, end));
        this.#finish(this.#takeCarry(), false, records);
      } else {
        this.#finish(buffer.subarray(start, end), false, records);
      }
      start = end + 1;
    }
    if (start < buffer.length) this.#keep(buffer.subarray(start));
    return records;
  }

  /** The last line, where no line feed ends it. */
  end(): (SourceRecord | OversizedRecord)[] {
    const records: (SourceRecord | OversizedRecord)[] = [];
    if (this.#carried > 0 || this.#skipping) this.#finish(this.#takeCarry(), true, records);
    return records;
  }

  #keep(piece: Buffer): void {
    if (this.#skipping) return;
    const size = this.#carried + piece.length;
    if (size > this.#limit + MARGIN) {
      this.#skipping = true;
      this.#carry = Buffer.alloc(0);
      this.#carried = 0;
      return;
    }
    if (size > this.#carry.length) {
      const grown = Buffer.allocUnsafe(Math.max(size, Math.min(this.#carry.length * 2, this.#limit + MARGIN)));
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
    }
    piece.copy(this.#carry, this.#carried);
    this.#carried = size;
  }

  #takeCarry(): Buffer {
    const line = this.#carry.subarray(0, this.#carried);
    this.#carry = Buffer.alloc(0);
    this.#carried = 0;
    return line;
  }

  #finish(whole: Buffer, final: boolean, records: (SourceRecord | OversizedRecord)[]): void {
    const line = this.#line++;
    const skipped = this.#skipping;
    this.#skipping = false;
    let bytes = line === 1 && startsWithMark(whole) ? whole.subarray(BOM.length) : whole;
    if (!final && bytes.length > 0 && bytes[bytes.length - 1] === CR) bytes = bytes.subarray(0, bytes.length - 1);
    if (skipped || bytes.length > this.#limit) records.push({ line, reason: 'record_too_large' });
    else if (!isBlank(bytes)) records.push({ line, bytes, final });
  }
}

function startsWithMark(bytes: Buffer): boolean {
  return bytes[0] === BOM[0] && bytes[1] === BOM[1] && bytes[2] === BOM[2];
}

/** The white space of JSON (RFC 8259 section 2). */
function isBlank(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte !== 0x20 && byte !== 0x09 && byte !== CR) return false;
  }
  return true;
}
