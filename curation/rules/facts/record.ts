/** One line of a facts file as checked fields; whatever is wrong with it names the file, the line and the field. */
import { parseInstant } from './instant.ts';

/** A facts folder that cannot be used: `repositories.jsonl:12 visibility: …`. Holds no value of the line. */
export class FactsError extends Error {
  readonly file: string;
  /** From 1; 0 where the whole file is meant. */
  readonly line: number;
  readonly field: string;

  constructor(file: string, line: number, field: string, problem: string) {
    super(`${file}${line > 0 ? `:${line}` : ''}${field === '' ? '' : ` ${field}`}: ${problem}`);
    this.name = 'FactsError';
    this.file = file;
    this.line = line;
    this.field = field;
  }
}

/** Lines longer than this (UTF-16 units) are refused: no state of a repository or user needs more. */
const MAX_LINE = 1 << 20;

export class FactRecord {
  readonly file: string;
  readonly line: number;
  readonly value: Record<string, unknown>;
  private readonly prefix: string;

  private constructor(file: string, line: number, value: Record<string, unknown>, prefix: string) {
    this.file = file;
    this.line = line;
    this.value = value;
    this.prefix = prefix;
  }

  /** Parses a line. A key that is one of `fields` but for its spelling (`fork_of`) is refused; other unknown keys are let be. */
  static parse(file: string, line: number, text: string, fields: readonly string[]): FactRecord {
    if (text.length > MAX_LINE) throw new FactsError(file, line, '', `is longer than ${MAX_LINE} characters`);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new FactsError(file, line, '', 'is not valid JSON: write one object a line');
    }
    if (!isObject(value)) throw new FactsError(file, line, '', 'is not a JSON object');
    const record = new FactRecord(file, line, value, '');
    record.checkKeys(text, fields);
    return record;
  }

  get source(): string {
    return `${this.file}:${this.line}`;
  }

  fail(field: string, problem: string): never {
    throw new FactsError(this.file, this.line, this.prefix + field, problem);
  }

  /** A required string that is not empty and holds no control characters. */
  text(field: string): string {
    const value = this.optionalText(field);
    return value === undefined ? this.fail(field, 'is missing: give a string') : value;
  }

  optionalText(field: string): string | undefined {
    const value = this.value[field];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') return this.fail(field, 'is not a string');
    if (value === '') return this.fail(field, 'is empty');
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code === 0x7f) return this.fail(field, 'holds a control character');
      if (code >= 0xd800 && code <= 0xdfff && !isPaired(value, i)) return this.fail(field, 'holds half a character');
    }
    return value;
  }

  choice<T extends string>(field: string, allowed: readonly T[]): T {
    const value = this.value[field];
    const found = allowed.find((choice) => choice === value);
    return found ?? this.fail(field, `is not one of ${allowed.join(', ')}`);
  }

  /** A required RFC 3339 time, in milliseconds since 1970-01-01 UTC. */
  instant(field: string): number {
    const value = this.value[field];
    const at = typeof value === 'string' ? parseInstant(value) : null;
    return at ?? this.fail(field, 'is not an RFC 3339 time such as 2026-05-01T00:00:00Z');
  }

  optionalId(field: string): number | undefined {
    const value = this.value[field];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      return this.fail(field, 'is not a whole number from 0 to 9007199254740991');
    }
    // -0 and 0 are one id.
    return value + 0;
  }

  id(field: string): number {
    return this.optionalId(field) ?? this.fail(field, 'is missing: give the numeric id of the host');
  }

  optionalFlag(field: string): boolean | undefined {
    const value = this.value[field];
    if (value === undefined || value === null) return undefined;
    return typeof value === 'boolean' ? value : this.fail(field, 'is not true or false');
  }

  object(field: string): FactRecord {
    const value = this.value[field];
    if (!isObject(value)) return this.fail(field, 'is not an object');
    return new FactRecord(this.file, this.line, value, `${this.prefix}${field}.`);
  }

  optionalStrings(field: string): Record<string, string> | undefined {
    const value = this.value[field];
    if (value === undefined || value === null) return undefined;
    if (!isObject(value)) return this.fail(field, 'is not an object of strings');
    const strings: Record<string, string> = {};
    for (const [key, item] of Object.entries(value)) {
      if (key === '' || typeof item !== 'string' || item === '')
        return this.fail(field, 'holds an empty or non-string entry');
      strings[key] = item;
    }
    return Object.keys(strings).length > 0 ? strings : undefined;
  }

  private checkKeys(text: string, fields: readonly string[]): void {
    let keys = 0;
    let flat = true;
    for (const key in this.value) {
      keys++;
      flat &&= typeof this.value[key] !== 'object' || this.value[key] === null;
      if (fields.includes(key)) continue;
      const meant = fields.find((field) => plain(field) === plain(key));
      if (meant !== undefined) this.fail(key, `is not a field: write ${meant}`);
    }
    // JSON.parse keeps the last of two equal keys, so a second "visibility" would hide the first.
    if (flat && (text.match(KEY_END)?.length ?? 0) > keys && countKeys(text) > keys) {
      this.fail('', 'holds a key twice');
    }
  }
}

/** Whether the surrogate at the index has its other half beside it. */
function isPaired(text: string, index: number): boolean {
  const high = text.charCodeAt(index) < 0xdc00;
  const other = text.charCodeAt(high ? index + 1 : index - 1);
  return high ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff;
}

const KEY_END = /"\s*:/g;

/** Keys of a flat JSON object: colons outside strings. */
function countKeys(text: string): number {
  let colons = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted && code === 0x5c) i++;
    else if (code === 0x22) quoted = !quoted;
    else if (code === 0x3a && !quoted) colons++;
  }
  return colons;
}

function plain(key: string): string {
  return key.replace(/[_\-\s]/g, '').toLowerCase();
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
