/** Cuts files at plausible cursor positions: what stood before, what was typed there, what stands after. */
import type { Random } from '../random.ts';
import type { SampleFile } from '../world.ts';

/** A place in a file. Offsets are UTF-16 units and never part a surrogate pair. */
export interface Place {
  file: SampleFile;
  /** Where the cursor stands, and where the text that was typed there ends. */
  from: number;
  to: number;
}

const MOST_TRIES = 10;

/**
 * A place where about `length` characters stand: the end of a line, or some lines.
 * Cursors stand at the start of a word where one is near.
 */
export function findPlace(random: Random, file: SampleFile, length: number, manyLines: boolean): Place {
  return manyLines ? someLines(random, file, length) : endOfLine(random, file, length);
}

function endOfLine(random: Random, file: SampleFile, length: number): Place {
  let best: Place = { file, from: 0, to: 0 };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const line = random.below(file.lines.length);
    const end = lineEnd(file, line);
    const first = firstInk(file.text, file.lines[line]!, end);
    if (end - first >= length) return { file, from: wordStart(file.text, end - length, first), to: end };
    if (end - first > best.to - best.from) best = { file, from: first, to: end };
  }
  return best;
}

function someLines(random: Random, file: SampleFile, length: number): Place {
  const line = random.below(Math.max(1, file.lines.length - 2));
  const from = firstInk(file.text, file.lines[line]!, lineEnd(file, line));
  let last = line;
  while (last + 1 < file.lines.length && (last === line || lineEnd(file, last) - from < length)) last++;
  const to = whole(file.text, Math.min(lineEnd(file, last), from + 4 * length));
  return { file, from, to };
}

/** Up to `most` characters before the place, from the start of a line on where one is near. */
export function before(place: Place, most: number): string {
  const { text } = place.file;
  if (place.from <= most) return text.slice(0, place.from);
  const earliest = place.from - most;
  const line = text.indexOf('\n', earliest);
  const start = line >= 0 && line < place.from ? line + 1 : earliest;
  return text.slice(whole(text, start), place.from);
}

/** Up to `most` characters after the place, to the end of a line where one is near. */
export function after(place: Place, most: number): string {
  const { text } = place.file;
  const latest = place.to + most;
  if (text.length <= latest) return text.slice(place.to);
  const line = text.lastIndexOf('\n', latest);
  return text.slice(place.to, whole(text, line > place.to ? line : latest));
}

export function typed(place: Place): string {
  return place.file.text.slice(place.from, place.to);
}

/** Some lines of a file, at most `most` characters. */
export function quote(random: Random, file: SampleFile, lines: number, most: number): string {
  const first = random.below(Math.max(1, file.lines.length - lines));
  const start = file.lines[first]!;
  const end = lineEnd(file, Math.min(first + lines, file.lines.length) - 1);
  return file.text.slice(start, whole(file.text, Math.min(end, start + most)));
}

function lineEnd(file: SampleFile, line: number): number {
  const next = file.lines[line + 1];
  const end = next === undefined ? file.text.length : next - 1;
  return next === undefined && file.text.endsWith('\n') ? end - 1 : end;
}

function firstInk(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9)) at++;
  return at;
}

/** Moves left, by at most eight characters, to where a word begins. */
function wordStart(text: string, at: number, least: number): number {
  for (let moved = 0; moved < 8 && at - moved > least; moved++) {
    if (!isWord(text.charCodeAt(at - moved - 1))) return whole(text, at - moved);
  }
  return whole(text, at);
}

function isWord(unit: number): boolean {
  return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122) || unit === 95;
}

/** The offset, or the one before it where it would part a surrogate pair. */
function whole(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
