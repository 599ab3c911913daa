/** Parses one record, refusing every form of JSON that two parsers could read in two ways. */
import { Buffer, isUtf8 } from 'node:buffer';
import { MAX_RECORD_BYTES } from './records.ts';
import type { Reason } from '../verdict.ts';

/** `detail` is what the ledger shows as the rule; it never holds content. */
export type Parsed<T = Record<string, unknown>> =
  { ok: true; value: T } | { ok: false; reason: Reason; detail: string };

/** The contract's bound on nesting; the outermost object or array is at depth 1. */
export const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPE_U = Buffer.from('\\u');
/** Strings up to this length are looked through byte by byte; a native search costs more than it saves there. */
const SHORT = 24;

/**
 * Reasons in the contract's order: record_too_large, invalid_utf8, too_deep (decided on the bytes, so that nothing recursive sees them),
 * truncated_record (`final`: the last line without a line feed) or invalid_json, duplicate_key, forbidden_key, not_an_object, then
 * lone_surrogate and not_finite. Linear in the size of the record.
 */
export function parseRecord(bytes: Uint8Array, final: boolean): Parsed {
  if (bytes.length > MAX_RECORD_BYTES) {
    return refuse('record_too_large', `${bytes.length} bytes, at most ${MAX_RECORD_BYTES}`);
  }
  if (!isUtf8(bytes)) return refuse('invalid_utf8', 'not UTF-8 (RFC 3629)');
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return parseBytes(buffer, final ? 'truncated_record' : 'invalid_json', true) as Parsed;
}

/**
 * JSON that stands in a string of a record, under the same guards. Not JSON at all is `invalid_json`; any kind of value is taken.
 */
export function parseEmbedded(text: string): Parsed<unknown> {
  return parseBytes(Buffer.from(text), 'invalid_json', false);
}

function parseBytes(buffer: Buffer, unparsable: Reason, objectOnly: boolean): Parsed<unknown> {
  const members = countMembers(buffer);
  if (members < 0) return refuse('too_deep', `nested more than ${MAX_DEPTH} deep`);
  let value: unknown;
  try {
    value = JSON.parse(buffer.toString('utf8'));
  } catch {
    // The parser's message quotes the text.
    return refuse(unparsable, unparsable === 'truncated_record' ? 'the last line ends within a record' : 'not JSON');
  }
  const found: Findings = { members: 0, forbidden: false, surrogate: false, infinite: false };
  inspect(value, found, hasSurrogateEscape(buffer));
  // Valid JSON has one colon outside strings for each member; the parser keeps only the last member of a name.
  if (found.members !== members) return refuse('duplicate_key', 'a name occurs twice in one object');
  if (found.forbidden) return refuse('forbidden_key', '__proto__, constructor and prototype are no names of members');
  if (objectOnly && (typeof value !== 'object' || value === null || Array.isArray(value))) {
    return refuse('not_an_object', 'a record is one JSON object');
  }
  if (found.surrogate) return refuse('lone_surrogate', 'half of a surrogate pair');
  if (found.infinite) return refuse('not_finite', 'a number beyond the range of a double');
  return { ok: true, value };
}

function refuse(reason: Reason, detail: string): { ok: false; reason: Reason; detail: string } {
  return { ok: false, reason, detail };
}

/** Colons outside strings, or -1 where brackets nest deeper than the bound. Makes no other claim about what is not JSON. */
function countMembers(bytes: Buffer): number {
  let depth = 0;
  let colons = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at + 1);
        break;
      case 0x3a: // :
        colons++;
        break;
      case 0x7b: // {
      case 0x5b: // [
        if (++depth > MAX_DEPTH) return -1;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
        break;
    }
  }
  return colons;
}

/** Where the string that began before `start` is closed; the end of the bytes if it is not. */
function endOfString(bytes: Buffer, start: number): number {
  const near = Math.min(start + SHORT, bytes.length);
  let at = start;
  for (; at < near; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  for (;;) {
    // `at` may have stepped over an escaped character; a run of backslashes is counted back to here at most.
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return bytes.length;
    let backslashes = 0;
    while (quote - backslashes > at && bytes[quote - backslashes - 1] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
    at = quote + 1;
  }
}

/** Whether a `\uD…` escape stands anywhere: raw UTF-8 cannot hold half a pair. A true may be wrong, a false never is. */
function hasSurrogateEscape(bytes: Buffer): boolean {
  let tries = 0;
  for (let at = bytes.indexOf(ESCAPE_U); at >= 0; at = bytes.indexOf(ESCAPE_U, at + 2)) {
    if (((bytes[at + 2] ?? 0) | 0x20) === 0x64 || ++tries > 256) return true;
  }
  return false;
}

interface Findings {
  members: number;
  forbidden: boolean;
  surrogate: boolean;
  infinite: boolean;
}

/** Recursion is bounded by MAX_DEPTH. */
function inspect(value: unknown, found: Findings, surrogates: boolean): void {
  if (typeof value === 'string') {
    if (surrogates && isIllFormed(value)) found.surrogate = true;
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) found.infinite = true;
  } else if (Array.isArray(value)) {
    for (const item of value) inspect(item, found, surrogates);
  } else if (typeof value === 'object' && value !== null) {
    for (const key in value) {
      found.members++;
      if (key === '__proto__' || key === 'constructor' || key === 'prototype') found.forbidden = true;
      if (surrogates && isIllFormed(key)) found.surrogate = true;
      inspect((value as Record<string, unknown>)[key], found, surrogates);
    }
  }
}

const SURROGATE = /\p{Surrogate}/u;

/** With the u flag a pair is one character, so that only halves match. */
function isIllFormed(text: string): boolean {
  return SURROGATE.test(text);
}
