/** Turns a path as an editor wrote it into the one form that rules compare, or says why it names no file of a repository. */
import type { Reason } from '../../verdict.ts';
import { withoutPresentation } from './fold.ts';
import { mixesScripts } from './script.ts';

export { foldPath } from './fold.ts';

declare const brand: unique symbol;
/** Repository-relative path: NFC, `/` between segments, no leading slash, dot segments resolved, case kept. Always literal. */
export type RepoPath = string & { readonly [brand]: true };

export type NormalisedPath =
  | { readonly ok: true; readonly path: RepoPath; readonly mixedScript: boolean }
  | { readonly ok: false; readonly reason: Reason; readonly detail: string };

/** Longest path in UTF-8 bytes, before and after normalisation. */
export const MAX_PATH_BYTES = 4096;

const NON_ASCII = /[^\0-\x7f]/;
// Line and paragraph separators break lines in logs as control characters do; half a surrogate pair is no character.
const CONTROL = /[\p{Cc}\u2028\u2029\p{Surrogate}]/u;
const BIDI = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;
// Everything that draws nothing (zero width, soft hyphen, fillers, variation selectors, tags), and the character that
// stands where decoding lost one.
const FORMAT = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\uFFFC\uFFFD\u2800]/u;
// Characters drawn like `/` or `\` (confusables.txt) save real letters of Han and kana; like `.`, which starts an
// extension; and a name that is nothing but ellipses, which reads as `..`.
const SEPARATOR_LOOKALIKE =
  /[\u1735\u2041\u2044\u2215\u2571\u27CB\u29F8\u2CC6\u3033\u31D3\u2F03\uFF0F\u{1D23A}\u2216\u2572\u27CD\u29F5\u29F9\u31D4\u2F02\uFE68\uFF3C\u{1D20F}\u{1D23B}\u2024\uFE52\uFF0E]|(?:^|[/\\])(?=[.\u2025\u2026]+(?:$|[/\\]))\.*[\u2025\u2026]/u;
const DRIVE = /^[A-Za-z]:/;
const FILE_SCHEME = /^file:/i;
// A dot in the scheme counts only before `//`, so that the stream of `a.ts:stream` is no scheme.
const OTHER_SCHEME = /^(?:[A-Za-z][A-Za-z0-9+-]+:|[A-Za-z][A-Za-z0-9+.-]+:\/\/)/;
const SHORT_NAME = /^(?=[^.]{1,8}(?:\.|$))[^.~ ]{0,6}~[0-9]{1,6}(?:\.[^.]{0,3})?$/;
const LEADING_SPACES = /^ +/;
const DOTS_AND_SPACES = /^[. ]+$/;

/**
 * Normalises a path of an event, a prompt header or a command line. Takes any string, in time linear in its length.
 * `\` is `/`; trailing dots and spaces and alternate streams are cut from every segment; `.` and `..` are resolved. A
 * failure names the first reason in the contract's order; its detail never quotes the path. Names that only Windows
 * reserves (`aux`, `con.ts`) stay: they are ordinary files elsewhere and hide nothing. A segment of dots and spaces that
 * systems read differently (`...`, `. .`) is refused as an escape. Normalising a result again changes nothing.
 */
export function normalisePath(path: string): NormalisedPath {
  const text = NON_ASCII.test(path) ? withoutPresentation(path.normalize('NFC')).normalize('NFC') : path;
  const character = refusedCharacter(text);
  if (character) return character;
  if (hasEncodedSeparator(text)) return refuse('percent_encoded_separator', 'an encoded dot, slash or backslash');

  const slashed = text.includes('\\') ? text.replaceAll('\\', '/') : text;
  const start = slashed.replace(LEADING_SPACES, '');
  if (start.startsWith('//')) return refuse('unc_path', 'starts with two separators');
  if (DRIVE.test(start)) return refuse('drive_path', 'starts with a drive letter');
  if (FILE_SCHEME.test(start)) return refuse('absolute_path', 'is a file: URI');
  if (start.startsWith('/')) return refuse('absolute_path', 'starts with a separator');
  const scheme = OTHER_SCHEME.test(start);

  const resolved: string[] = [];
  let escapes: string | undefined;
  for (const written of slashed.split('/')) {
    const segment = trimSegment(written);
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (resolved.pop() === undefined) escapes = 'leaves the repository';
    } else if (DOTS_AND_SPACES.test(segment)) {
      escapes = 'a segment of dots and spaces';
    } else if (SHORT_NAME.test(segment)) {
      return refuse('short_name', 'an 8.3 name stands for another name');
    } else {
      resolved.push(segment);
    }
  }
  const first = resolved[0]?.replace(LEADING_SPACES, '');
  if (first === '~') return refuse('absolute_path', 'starts in a home folder');
  if (!scheme && escapes) return refuse('path_escapes_root', escapes);
  if (resolved.length === 0) return refuse('empty_path', 'names no file');
  const result = resolved.join('/');
  if (tooLong(path) || tooLong(result)) return refuse('path_too_long', `is longer than ${MAX_PATH_BYTES} bytes`);
  if (scheme) return refuse('unresolvable_path', 'is a URI that names no file of a repository');
  return { ok: true, path: result as RepoPath, mixedScript: mixesScripts(result) };
}

function refuse(reason: Reason, detail: string): NormalisedPath {
  return { ok: false, reason, detail };
}

function refusedCharacter(text: string): NormalisedPath | undefined {
  if (CONTROL.test(text)) return refuse('control_character', 'holds a control character');
  if (!NON_ASCII.test(text)) return undefined;
  if (BIDI.test(text)) return refuse('bidi_control', 'holds a bidirectional control');
  if (FORMAT.test(text)) return refuse('format_character', 'holds a character that draws nothing');
  if (SEPARATOR_LOOKALIKE.test(text))
    return refuse('separator_lookalike', 'holds a character that looks like a separator');
  return undefined;
}

/**
 * One segment without alternate stream (`a.ts:stream`, `private::$INDEX_ALLOCATION`) and without trailing dots and
 * spaces; `.` and `..` stay what they are when spaces follow. Other runs of dots and spaces are returned as they are.
 */
export function trimSegment(written: string): string {
  const colon = written.indexOf(':');
  const name = colon < 0 ? written : written.slice(0, colon);
  let end = name.length;
  while (end > 0 && (name.charCodeAt(end - 1) === 0x20 || name.charCodeAt(end - 1) === 0x2e)) end--;
  if (end > 0) return end === name.length ? name : name.slice(0, end);
  return name.trimEnd();
}

/**
 * True where decoding percent escapes, again and again until nothing changes, yields a dot, a slash or a backslash at
 * any step. One pass with a stack: each decoded character may close another escape, and every step shortens the text.
 * Overlong UTF-8 (`%c0%af`) and `%u002f` forms, which lenient servers decode, count too.
 */
function hasEncodedSeparator(text: string): boolean {
  if (!text.includes('%')) return false;
  const stack: string[] = [];
  for (const unit of text) {
    stack.push(unit);
    for (;;) {
      const size = stack.length;
      if (size < 3 || stack[size - 3] !== '%') break;
      const code = hexByte(stack[size - 2]!, stack[size - 1]!);
      if (code < 0x20 || code > 0x7e) break;
      const character = String.fromCharCode(code);
      if (character === '.' || character === '/' || character === '\\') return true;
      stack.length = size - 3;
      stack.push(character);
    }
  }
  return /%(?:u00(?:2e|2f|5c)|c0%(?:ae|af)|c1%9c|e0%80%(?:ae|af))/i.test(stack.join(''));
}

function hexByte(high: string, low: string): number {
  return /^[0-9A-Fa-f]$/.test(high) && /^[0-9A-Fa-f]$/.test(low) ? parseInt(high + low, 16) : -1;
}

function tooLong(path: string): boolean {
  return path.length > MAX_PATH_BYTES || Buffer.byteLength(path, 'utf8') > MAX_PATH_BYTES;
}
