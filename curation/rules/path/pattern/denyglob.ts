/** Compiles a pattern that takes paths out, so that it matches whatever any reasonable reading of it matches. */
import { foldPath, withoutPresentation } from '../fold.ts';
import { trimSegment } from '../path.ts';
import { badPattern, checkPattern, expandBraces } from './brace.ts';
import { FeaturedPath } from './feature.ts';
import { compileRow, type Row } from './row.ts';
import { RowIndex } from './rowindex.ts';
import { countsCharacters, GLOBSTAR } from './segment.ts';

const MOST_DECODINGS = 8;
const OPENS_EXTGLOB = /[?*+@!]\(/;

/** Most rows that the patterns of one set may come to: a bound on memory, some hundred bytes each. */
export const MAX_ROWS = 250_000;

/** A pattern's rows: in folded spelling, and in lower case where a folded letter could change the count of characters. */
export interface DenyRows {
  readonly folded: readonly Row[];
  readonly lower: readonly Row[];
}

/**
 * Compiles one pattern of GitHub content exclusion, of `ownership.vendored`, or of the like. Throws a PatternError that
 * names `source`. It matches everything that GitHub's client matches (minimatch `{nocase, matchBase, nonegate, dot}` on
 * `/` + path), and on purpose more:
 * - what matches a folder takes everything beneath: `/scripts`, `/scripts/`, `/scripts/*`, `secret*` and `package?/*`
 *   take all depths, as the fnmatch of GitHub's documentation does;
 * - a pattern without leading slash matches at any depth: `src/**` takes `src/a.ts` and `x/src/a.ts`;
 * - `#a` and `!a` are names, not a comment and a negation;
 * - brackets, braces, parentheses are read as syntax and as plain characters: `/pages/[id]/**` takes `pages/[id]/a.ts`;
 * - `\` is read as an escape and as a separator;
 * - letters compare under full case folding, composed or not, and also by compatibility forms (fullwidth, mathematical);
 * - a percent-encoded letter of a path is read as itself and decoded;
 * - `.` and `..`, doubled slashes, trailing dots and spaces, and alternate streams are resolved in patterns as in paths.
 */
export function compileDenyGlob(pattern: string, source: string): DenyRows {
  checkPattern(pattern, source);
  const folded = new Map<string, Row>();
  const lower = new Map<string, Row>();
  for (const reading of readingsOf(pattern)) {
    for (const plain of expandReading(reading, pattern, source)) {
      const segments = segmentsOf(plain);
      const joined = segments.join('/');
      for (const extglobs of OPENS_EXTGLOB.test(plain) ? [true, false] : [false]) {
        const key = `${extglobs} ${joined}`;
        if (folded.has(key)) continue;
        const row = compileRow(segments, true, 'folded', { classes: true, extglobs });
        folded.set(key, row);
        if (row.segments.some((segment) => segment !== GLOBSTAR && countsCharacters(segment))) {
          lower.set(key, compileRow(segments, true, 'lower', { classes: true, extglobs }));
        }
      }
    }
  }
  return { folded: [...folded.values()], lower: [...lower.values()] };
}

function readingsOf(pattern: string): Set<string> {
  const composed = withoutPresentation(pattern.normalize('NFC'));
  const readings = new Set([composed]);
  if (composed.includes('\\')) readings.add(composed.replaceAll('\\', '/'));
  for (const reading of [...readings]) {
    if (reading.includes('[')) readings.add(plainly(reading, '[]'));
  }
  for (const reading of [...readings]) {
    if (reading.includes('{')) readings.add(plainly(reading, '{},'));
  }
  return readings;
}

/** Escapes the given characters where no escape stands before them. */
function plainly(pattern: string, characters: string): string {
  let out = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === '\\') out += character + (pattern[++at] ?? '');
    else out += characters.includes(character) ? `\\${character}` : character;
  }
  return out;
}

function expandReading(reading: string, pattern: string, source: string): string[] {
  if (reading === pattern) return expandBraces(reading, source);
  try {
    checkPattern(reading, source);
  } catch {
    // A second reading of a good pattern may be none (`a\{b` with the escape gone); its braces are then plain.
    return expandBraces(plainly(reading, '{},'), source);
  }
  return expandBraces(reading, source);
}

/** The segments of a brace-free pattern, resolved as a path is; a pattern without leading slash starts at any depth. */
function segmentsOf(pattern: string): string[] {
  const segments: string[] = [];
  for (const written of pattern.split('/')) {
    const segment = trimPattern(written);
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments[segments.length - 1] !== '**') segments.pop();
  }
  if (!pattern.startsWith('/')) segments.unshift('**');
  // A pattern that resolves to the root takes everything.
  if (segments.length === 0) segments.push('**');
  return segments;
}

/** Trailing dots, spaces and streams never survive in a path; a class or an alternative may hold a colon of its own. */
function trimPattern(written: string): string {
  const trimmed = /[[(]/.test(written) ? written.replace(/(?<=[^. \\])[. ]+$/, '') : trimSegment(written);
  return trimmed.endsWith('\\') && !trimmed.endsWith('\\\\') ? trimmed.slice(0, -1) : trimmed;
}

/**
 * Compiles the patterns of one set. Throws a PatternError that names the first that cannot be used, or the one with which
 * their braces and readings come to more than `mostRows`.
 */
export function compileDenyGlobs(
  patterns: readonly { readonly pattern: string; readonly source: string }[],
  mostRows = MAX_ROWS,
): DenyRows[] {
  let rows = 0;
  return patterns.map(({ pattern, source }) => {
    const compiled = compileDenyGlob(pattern, source);
    rows += compiled.folded.length + compiled.lower.length;
    if (rows > mostRows) throw badPattern(source, pattern, `all patterns up to here stand for more than ${mostRows}`);
    return compiled;
  });
}

/** Many patterns compiled together; a match reports the ids that the patterns were given. */
export class DenyIndex {
  readonly #folded: RowIndex;
  readonly #lower: RowIndex | undefined;

  constructor(patterns: readonly { readonly rows: DenyRows; readonly id: number }[]) {
    this.#folded = indexOf(patterns.map(({ rows, id }) => ({ rows: rows.folded, id })));
    const lower = patterns
      .filter(({ rows }) => rows.lower.length > 0)
      .map(({ rows, id }) => ({ rows: rows.lower, id }));
    this.#lower = lower.length > 0 ? indexOf(lower) : undefined;
  }

  /** Appends to `found` the ids of all patterns that match the path; an id may come more than once. */
  collect(path: PreparedPath, found: number[]): void {
    for (const spelling of path.folded) this.#folded.collect(spelling, found);
    if (this.#lower) for (const spelling of path.lower) this.#lower.collect(spelling, found);
  }
}

function indexOf(patterns: readonly { readonly rows: readonly Row[]; readonly id: number }[]): RowIndex {
  return new RowIndex(
    patterns.flatMap(({ rows }) => rows),
    patterns.flatMap(({ rows, id }) => rows.map(() => id)),
  );
}

/** The spellings of one path under which deny patterns are tried, each split at `/`. */
export interface PreparedPath {
  readonly folded: readonly FeaturedPath[];
  readonly lower: readonly FeaturedPath[];
}

const ASCII_WITHOUT_PERCENT = /^[\0-\x24\x26-\x7f]*$/;

let lastPath: string | undefined;
let lastPrepared: PreparedPath | undefined;

/** Prepares a normalised path; nearly always each list holds one spelling. The sets that are asked in turn share what was prepared. */
export function preparePath(path: string): PreparedPath {
  if (path === lastPath && lastPrepared) return lastPrepared;
  lastPath = path;
  return (lastPrepared = prepare(path));
}

function prepare(path: string): PreparedPath {
  if (ASCII_WITHOUT_PERCENT.test(path)) {
    const spellings = [featured(path.toLowerCase())];
    return { folded: spellings, lower: spellings };
  }
  const written = new Set([path, path.normalize('NFKC')]);
  for (const text of [...written]) {
    const plain = decoded(text).split('/').map(trimSegment).filter(Boolean).join('/');
    if (plain !== '') written.add(plain);
  }
  return {
    folded: [...new Set([...written].map(foldPath))].map(featured),
    lower: [...new Set([...written].map((text) => text.toLowerCase()))].map(featured),
  };
}

function featured(path: string): FeaturedPath {
  return new FeaturedPath(path.split('/'));
}

/** Percent escapes of UTF-8 read as what they stand for, however often encoded; the path as it is where they are none. */
function decoded(path: string): string {
  let text = path;
  try {
    for (let round = 0; round < MOST_DECODINGS && text.includes('%'); round++) text = decodeURIComponent(text);
  } catch {
    // What is left is no escape: the text names itself.
  }
  return text.normalize('NFC');
}
