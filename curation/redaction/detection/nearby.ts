/** Finds the value that belongs to a key where no operator ties them: a later argument, a note behind the value, the next line. */
import type { KeyStrength } from '../rules/rule.ts';
import { looksSecret } from '../judgement/look.ts';
import { charSet } from './reach.ts';

/** How far after a key a value is looked for, in UTF-16 units; values without quotes must be nearer. */
const REACH = 120;
const BARE_REACH = 64;
/** How far before a key that is named in a note at the end of a line. */
const BEHIND = 200;

const QUOTED = /(["'`])((?:(?!\1)[^\s\\]){6,128})\1/g;
const BARE =
  /(?:(?<!\bh1|sha\d{1,3})[:=>|,：]|\b(?:is|was|are|from|to|lautet|ist|est|es|jest)\b| {2}|->|→|\t)[ \t]{0,8}((?:[^\s"'`<>|,;]|<(?=\d)){8,128})(?=$|[\s,;|])/g;
const NOTE =
  /(?:(?<!:)\/\/|(?<=\s)#|(?<=\s)--|\/\*|<!--|(?<=\s);|(?<=\s)%|\(|\bas (?:the |a |your |its |our )?|\bis (?:the |a |your |its |our )?|<-|←)[ \t*]{0,4}[^"'`\n;]{0,48}$/;
const BEFORE_NOTE = /(["'`])((?:(?!\1)[^\s\\]){6,128})\1|(?:^|[=:\s])([^\s"'`<>|,;()]{8,128})(?=\s)/g;
const NESTED =
  /^[ \t]{1,24}["']?(?:default|value|content|initial)\w{0,8}["']?[ \t]{0,8}[:=]>?[ \t]{0,8}["']?([^\s"'`<>,]{6,128})/i;
const NESTED_LINES = 6;
/** A line that holds a value and nothing else. */
const ALONE = /^[ \t*#>/-]{0,12}["'`]?([^\s"'`<>]{6,128})["'`]?[ \t,;]{0,4}(?:->|=>|\r?$|\\n|\n)/;

/** What `looksSecret` asks of every value, by the strength of its key: a digit, or for a password a mark. */
const SIGNS = {
  password: charSet('0123456789!@#$%^&*+~?'),
  secret: charSet('0123456789'),
  weak: charSet('0123456789'),
};
/** How far after a key the lines that belong to it can reach. */
const LINES_REACH = 2048;

/** Finds values near the keys of one text, which are asked for in order. */
export class Nearby {
  /** By strength: between the first offset and the second no sign stands. */
  private readonly bare = { password: [0, 0], secret: [0, 0], weak: [0, 0] };
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Offsets of a value near the key at [start, end), or null. Reads at most `LINES_REACH` units after it and `BEHIND` before. */
  of(start: number, end: number, strength: KeyStrength): { start: number; end: number } | null {
    const { text } = this;
    const sign = this.nextSign(end, strength) - end;
    const ahead = sign < LINES_REACH ? after(text, end, strength, sign) : null;
    return ahead ?? (hasSignBehind(text, start, strength) ? noted(text, start, strength) : null);
  }

  /** The first sign from `at` on, or where `LINES_REACH` ends. */
  private nextSign(at: number, strength: KeyStrength): number {
    const { text } = this;
    const bare = this.bare[strength];
    const signs = SIGNS[strength];
    const limit = Math.min(text.length, at + LINES_REACH);
    let p = at >= bare[0]! && at <= bare[1]! ? bare[1]! : at;
    while (p < limit && !isIn(signs, text.charCodeAt(p))) p++;
    bare[0] = at;
    bare[1] = p;
    return p < limit ? p : at + LINES_REACH;
  }
}

const isIn = (signs: Uint8Array, code: number): boolean => code < 128 && signs[code] === 1;

/** True where a sign stands before `start` on its line, no further off than a note's value. */
function hasSignBehind(text: string, start: number, strength: KeyStrength): boolean {
  const floor = Math.max(0, start - BEHIND);
  const signs = SIGNS[strength];
  for (let p = start - 1; p >= floor; p--) {
    const code = text.charCodeAt(p);
    if (code === 10) return false;
    if (isIn(signs, code)) return true;
  }
  return false;
}

/** What may stand between a key and the end of its line where its value is on the lines below, small letters besides. */
const BEFORE_LINE = charSet('"\'])*_ \t:=>({[|,-');

/** A value after the key at `end`: on its line where that has a sign, which stands `sign` units on, or on the lines below. */
function after(text: string, end: number, strength: KeyStrength, sign: number): { start: number; end: number } | null {
  const limit = Math.min(text.length, end + REACH);
  let stop = end;
  while (stop < limit && isBeforeLine(text.charCodeAt(stop))) stop++;
  // What else stands there says that the lines below are none of the key's: without a sign on its own nothing is.
  const open = stop < limit && !isEnd(text, stop, limit);
  if (open && end + sign >= limit) return null;
  while (stop < limit && !isEnd(text, stop, limit)) stop++;
  const here = end + sign < stop;
  if (open && !here) return null;
  const whole = text.slice(end, stop);
  // What the reach cuts in two is not a value.
  const rest = stop < limit || stop === text.length ? whole : whole.slice(0, whole.search(/\S*$/));
  return (
    (here ? within(rest, end, strength) : null) ??
    (stop < limit ? nextLine(text, end, rest, strength) : null) ??
    nested(text, end, rest, strength)
  );
}

const isBeforeLine = (code: number): boolean => code < 128 && (BEFORE_LINE[code] === 1 || (code >= 97 && code <= 122));

/** What ends the reach of a key on its line: a line end, also an escaped one, or a semicolon before white space. */
function isEnd(text: string, at: number, limit: number): boolean {
  const code = text.charCodeAt(at);
  if (code === 10 || code === 13) return true;
  if (code === 92) return at + 1 < limit && text.charCodeAt(at + 1) === 110;
  return code === 59 && (at + 1 === limit || /\s/.test(text[at + 1]!));
}

function within(rest: string, base: number, strength: KeyStrength): { start: number; end: number } | null {
  for (const match of rest.matchAll(QUOTED)) {
    const value = match[2]!;
    if (looksSecret(value, strength, true))
      return { start: base + match.index + 1, end: base + match.index + 1 + value.length };
  }
  for (const match of rest.slice(0, BARE_REACH + 64).matchAll(BARE)) {
    const value = match[1]!.replace(/[.,:!?)\]}]+$/, '');
    const at = match.index + match[0].length - match[1]!.length;
    if (at > BARE_REACH) break;
    if (looksSecret(value, strength, false)) return { start: base + at, end: base + at + value.length };
  }
  return null;
}

/** The line after a key that ends its own: `Password:`, `case password do`. */
function nextLine(
  text: string,
  end: number,
  rest: string,
  strength: KeyStrength,
): { start: number; end: number } | null {
  const stop = text.charCodeAt(end + rest.length);
  if (stop === 13 || !/^["'\])*_]{0,4}(?:[ \t]*(?:[:=>({[|,-]|->|is|do|then|below|follows|in|of)){0,4}[ \t]*$/.test(rest)) return null; // prettier-ignore
  let at = end + rest.length + (stop === 92 ? 2 : 1);
  for (let blank = 0; blank < 2 && /^[ \t]*\r?\n/.test(text.slice(at, at + 40)); blank++)
    at = text.indexOf('\n', at) + 1;
  const match = ALONE.exec(text.slice(at, at + 160));
  if (match === null || !looksSecret(match[1]!, strength, /["'`]/.test(match[0]))) return null;
  const from = at + match[0].indexOf(match[1]!);
  return { start: from, end: from + match[1]!.length };
}

/** A default or a value some lines below a key that opens a block: a parameter of a template, a variable. */
function nested(text: string, end: number, rest: string, strength: KeyStrength): { start: number; end: number } | null {
  if (!/^["'\])]{0,3}[ \t]*[:=]?[ \t]*[{[]?[ \t]*$/.test(rest)) return null;
  const line = text.slice(end + rest.length, end + rest.length + REACH).indexOf('\n');
  if (line < 0) return null;
  let at = end + rest.length + line + 1;
  for (let n = 0; n < NESTED_LINES && /[ \t]/.test(text[at] ?? ''); n++) {
    const line = text.slice(at, at + 200).split('\n', 1)[0]!;
    const value = NESTED.exec(line)?.[1];
    if (value !== undefined) {
      if (!looksSecret(value, strength, true)) return null;
      const from = at + line.lastIndexOf(value);
      return { start: from, end: from + value.length };
    }
    if (line.length === 200) return null;
    at += line.length + 1;
  }
  return null;
}

/** A value that stands before its name: `<property value="…" name="password"/>`. */
const VALUE_FIRST =
  /(?:value|Value|content)["']?[ \t]{0,4}[=:][ \t]{0,4}["']([^"'\n]{6,128})["'][ \t]{0,4},?[ \t]{0,4}["']?(?:name|key|Name|Key|id)["']?[ \t]{0,4}[=:][ \t]{0,4}["'][\w.-]{0,40}$/;

/** A value before a note that says what it is: `x = "…" # the password`, `… is the password`. */
function noted(text: string, start: number, strength: KeyStrength): { start: number; end: number } | null {
  const from = Math.max(0, start - BEHIND);
  let before = text.slice(from, start);
  const line = before.lastIndexOf('\n') + 1;
  before = before.slice(line);
  const first = VALUE_FIRST.exec(before);
  if (first !== null && looksSecret(first[1]!, strength, true)) {
    const at = from + line + first.index + first[0].indexOf(first[1]!);
    return { start: at, end: at + first[1]!.length };
  }
  const note = NOTE.exec(before);
  if (note === null) return null;
  for (const match of before.slice(0, note.index + 1).matchAll(BEFORE_NOTE)) {
    const value = match[2] ?? match[3]!;
    if (!looksSecret(value, strength, match[2] !== undefined)) continue;
    const at = from + line + match.index + match[0].indexOf(value);
    return { start: at, end: at + value.length };
  }
  return null;
}
