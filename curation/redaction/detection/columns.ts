/** Reads values by their place in a row: tables with a heading (CSV, TSV, Markdown), and the tuples of an SQL insert. */

/** How far before and after a key its heading reaches, and how much of what follows the heading is read, in UTF-16 units. */
const MAX_HEADING = 400;
const MAX_ROWS = 8192;
const MAX_CELL = 512;
/** After a key that is in no heading none is looked for so many units. */
const PAUSE = 16;
const NAME = /^[ \t]*["'`[]?[\p{L}_][\p{L}\p{N} _.$/-]{0,40}["'`\]]?[ \t]*$/u;
const NEXT_TUPLE = /[\s;]{0,40}(?:VALUES?|values?|SELECT|select|,|OUTPUT \w+\.\w+|=)?\s{0,40}\(/y;
const RULER = /^[:-]*$/;

export interface Cell {
  readonly start: number;
  readonly end: number;
}

interface Row {
  readonly cells: Cell[];
  /** The only cell with a bracket, -1 where none has one, -2 where several have. */
  readonly bracketed: number;
  readonly next: number;
}

/** A row of names: where it begins and ends, how its cells are parted, whether it is a tuple; the rows below are read once. */
interface Heading {
  readonly from: number;
  readonly to: number;
  readonly separator: number;
  readonly tuple: boolean;
  /** Null where these are no names. */
  readonly names: Cell[] | null;
  rows: Row[] | null;
}

const NEWLINE = 10;
const CLOSE = 41;
const isFrame = (code: number): boolean => code === 34 || code === 39 || code === 96 || code === 91 || code === 93 || code === 32; // prettier-ignore
const isBlank = (code: number): boolean => code === 32 || code === 9;
const isSeparator = (code: number): boolean => code === 44 || code === 59 || code === 9 || code === 124;
const isQuote = (code: number): boolean => code === 34 || code === 39;
/** What may stand before the quote of a string: the marks of SQL's kinds of strings. */
const isMark = (code: number): boolean => code === 78 || code === 69 || code === 101;

/** Splits [from, to) at a separator that stands in no quotes; offsets of the cells without quotes and blanks round them. */
function split(text: string, from: number, to: number, separator: number): Cell[] {
  const cells: Cell[] = [];
  let start = from;
  let quote = 0;
  let opens = true;
  for (let i = from; i <= to; i++) {
    const code = i < to ? text.charCodeAt(i) : separator;
    if (quote !== 0 && i < to) {
      if (code === quote) quote = 0;
    } else if (opens && i < to && isQuote(code)) {
      quote = code;
      opens = false;
    } else if (code === separator) {
      cells.push(trimmed(text, start, i));
      start = i + 1;
      opens = true;
    } else if (!isBlank(code) && !isMark(code)) opens = false;
  }
  return cells;
}

function trimmed(text: string, start: number, end: number): Cell {
  let [a, b] = [start, end];
  while (a < b && isBlank(text.charCodeAt(a))) a++;
  while (b > a && (isBlank(text.charCodeAt(b - 1)) || text.charCodeAt(b - 1) === 13)) b--;
  if (isMark(text.charCodeAt(a)) && isQuote(text.charCodeAt(a + 1))) a++;
  const first = text.charCodeAt(a);
  if (b - a >= 2 && (isQuote(first) || first === 96) && text.charCodeAt(b - 1) === first) [a, b] = [a + 1, b - 1];
  return { start: a, end: b };
}

/** The parenthesis that closes a tuple, quotes aside, or -1. */
function closing(text: string, from: number, limit: number): number {
  let quote = 0;
  let depth = 0;
  for (let i = from; i < limit; i++) {
    const code = text.charCodeAt(i);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (isQuote(code)) quote = code;
    else if (code === 40) depth++;
    else if (code === CLOSE && depth-- === 0) return i;
  }
  return -1;
}

/** The next stop from a place on; what has been seen to hold none is not read again. */
class Ahead {
  private from = 0;
  private to = 0;
  private readonly text: string;
  private readonly stops: (code: number) => boolean;

  constructor(text: string, stops: (code: number) => boolean) {
    this.text = text;
    this.stops = stops;
  }

  /** The first stop at or after `at`, the end of the text, or -1 where it is more than `MAX_HEADING` units away. */
  find(at: number): number {
    const { text } = this;
    const limit = Math.min(text.length, at + MAX_HEADING);
    let i = at >= this.from && at <= this.to ? this.to : at;
    while (i < limit && !this.stops(text.charCodeAt(i))) i++;
    this.from = at;
    this.to = i;
    return i <= limit && (i === text.length || this.stops(text.charCodeAt(i))) ? i : -1;
  }
}

/** The tables of one text; keys are asked for in the order of the text. */
export class Columns {
  /** Up to here rows were read, or no heading is looked for. */
  private upTo = 0;
  private headingEnd = 0;
  private lastKey = 0;
  private lastBegin = 0;
  private last: Heading | null = null;
  private readonly text: string;
  private readonly lineEnd: Ahead;
  private readonly tupleEnd: Ahead;

  constructor(text: string) {
    this.text = text;
    this.lineEnd = new Ahead(text, (code) => code === NEWLINE);
    this.tupleEnd = new Ahead(text, (code) => code === NEWLINE || code === CLOSE);
  }

  /** The cells in the column of the key at [start, end); none where it is no name in a heading. */
  below(start: number, end: number): Cell[] {
    if (start < this.upTo && start >= this.headingEnd) return [];
    const head = this.heading(start, end);
    const place = head?.names?.findIndex((cell) => cell.start <= start && cell.end >= end) ?? -1;
    if (head === null || place < 0) {
      this.upTo = Math.max(this.upTo, end + PAUSE);
      return [];
    }
    this.headingEnd = head.to;
    this.upTo = head.to + 1;
    const cells: Cell[] = [];
    for (const row of (head.rows ??= this.rows(head))) {
      if (row.bracketed !== -1 && row.bracketed !== place) break;
      const cell = row.cells[place]!;
      if (cell.end - cell.start <= MAX_CELL && !RULER.test(this.text.slice(cell.start, cell.end))) cells.push(cell);
      this.upTo = row.next;
    }
    return cells;
  }

  /** Where the line or the tuple that `at` stands in begins, or -1 where that is further off than a heading reaches. */
  private begin(at: number): number {
    const { text } = this;
    const floor = Math.max(0, at - MAX_HEADING);
    const known = at >= this.lastKey && this.lastKey >= floor ? this.lastKey : floor;
    let from = at;
    while (from > known && text.charCodeAt(from - 1) !== NEWLINE && text.charCodeAt(from - 1) !== 40) from--;
    if (from === known && from > 0 && text.charCodeAt(from - 1) !== NEWLINE && text.charCodeAt(from - 1) !== 40)
      from = known === this.lastKey && this.lastBegin >= floor ? this.lastBegin : -1;
    this.lastKey = at;
    this.lastBegin = from;
    return from;
  }

  /** The row of names round a key, or null. */
  private heading(start: number, end: number): Heading | null {
    const { text } = this;
    let before = start;
    let after = end;
    while (after < text.length && isFrame(text.charCodeAt(after))) after++;
    let separator = text.charCodeAt(after);
    if (!isSeparator(separator)) {
      while (before > 0 && isFrame(text.charCodeAt(before - 1))) before--;
      separator = text.charCodeAt(before - 1);
      if (!isSeparator(separator)) return null;
    }
    const from = this.begin(start);
    if (from < 0) return null;
    const tuple = text.charCodeAt(from - 1) === 40;
    const to = (tuple ? this.tupleEnd : this.lineEnd).find(end);
    if (to < 0 || tuple !== (text.charCodeAt(to) === CLOSE)) return null;
    const { last } = this;
    if (last !== null && last.from === from && last.to === to && last.separator === separator) return last;
    return (this.last = { from, to, separator, tuple, names: this.names(from, to, separator, tuple), rows: null });
  }

  private names(from: number, to: number, separator: number, tuple: boolean): Cell[] | null {
    const cells = split(this.text, from, to, separator);
    const end = cells[cells.length - 1]!;
    // A list that goes on in the next line is no heading.
    if (!tuple && separator !== 124 && end.end === end.start) return null;
    const names = cells.filter((cell) => cell.end > cell.start);
    const isName = (cell: Cell): boolean =>
      cell.end - cell.start <= 64 && NAME.test(this.text.slice(cell.start, cell.end));
    return names.length >= 2 && names.every(isName) ? cells : null;
  }

  /** The rows below a heading, as far as they have as many cells. */
  private rows(head: Heading): Row[] {
    const { text } = this;
    const rows: Row[] = [];
    const limit = Math.min(text.length, head.to + MAX_ROWS);
    for (let p = head.to + 1; p < limit;) {
      let to: number;
      if (head.tuple) {
        NEXT_TUPLE.lastIndex = p;
        if (!NEXT_TUPLE.test(text)) break;
        p = NEXT_TUPLE.lastIndex;
        to = closing(text, p, limit);
      } else {
        const line = text.slice(p, p + MAX_ROWS + 1).indexOf('\n');
        to = line >= 0 ? p + line : text.length;
      }
      if (to < 0 || to - p > MAX_ROWS) break;
      const cells = split(text, p, to, head.separator);
      if (cells.length !== head.names!.length) break;
      let bracketed = -1;
      if (!head.tuple)
        cells.forEach((cell, at) => {
          if (/[(){}]/.test(text.slice(cell.start, cell.end))) bracketed = bracketed === -1 ? at : -2;
        });
      rows.push({ cells, bracketed, next: to + 1 });
      p = to + 1;
    }
    return rows;
  }
}
