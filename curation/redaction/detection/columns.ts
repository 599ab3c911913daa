/** Reads values by their place in a row: tables with a heading (CSV, TSV, Markdown), and the tuples of an SQL insert. */

/** How much of a heading, and of what follows it, is read. */
const MAX_HEADING = 400;
const MAX_ROWS = 8192;
const MAX_CELL = 512;
const NAME = /^[ \t]*["'`[]?[\p{L}_][\p{L}\p{N} _.$/-]{0,40}["'`\]]?[ \t]*$/u;

export interface Cell {
  readonly start: number;
  readonly end: number;
}

/** Cells below a key, where the heading ends, and the offset up to which rows were read. */
export interface Column {
  readonly cells: Cell[];
  readonly headingEnd: number;
  readonly upTo: number;
}

const isFrame = (char: string): boolean => /["'`[\] ]/.test(char);

/** Splits [from, to) at a separator that stands in no quotes; offsets of the cells without quotes and blanks round them. */
function split(text: string, from: number, to: number, separator: string): Cell[] {
  const cells: Cell[] = [];
  let start = from;
  let quote = '';
  for (let i = from; i <= to; i++) {
    const char = i < to ? text[i]! : separator;
    if (i < to && quote !== '') {
      if (char === quote) quote = '';
    } else if (i < to && (char === '"' || char === "'") && /^[ \tNEe]*$/.test(text.slice(start, i))) quote = char;
    else if (char === separator) {
      let [a, b] = [start, i];
      while (a < b && /[ \t]/.test(text[a]!)) a++;
      while (b > a && /[ \t\r]/.test(text[b - 1]!)) b--;
      if (/[NEe]/.test(text[a]!) && /["']/.test(text[a + 1] ?? '')) a++;
      if (b - a >= 2 && /["'`]/.test(text[a]!) && text[b - 1] === text[a]) [a, b] = [a + 1, b - 1];
      cells.push({ start: a, end: b });
      start = i + 1;
    }
  }
  return cells;
}

/** The row of names round a key: where it begins and ends, how cells are parted, which cell the key is. */
function heading(
  text: string,
  start: number,
  end: number,
): { from: number; to: number; separator: string; place: number; tuple: boolean } | null {
  let before = start;
  let after = end;
  while (before > 0 && isFrame(text[before - 1]!)) before--;
  while (after < text.length && isFrame(text[after]!)) after++;
  const separator = [text[after] ?? '', text[before - 1] ?? ''].find((char) => char !== '' && ',;\t|'.includes(char));
  if (separator === undefined) return null;
  let from = start;
  while (from > 0 && start - from < MAX_HEADING && !/[\n(]/.test(text[from - 1]!)) from--;
  const tuple = text[from - 1] === '(';
  let to = end;
  while (to < text.length && to - end < MAX_HEADING && text[to] !== '\n' && !(tuple && text[to] === ')')) to++;
  if (tuple !== (text[to] === ')')) return null;
  const cells = split(text, from, to, separator);
  // A list that goes on in the next line is no heading.
  if (!tuple && separator !== '|' && cells[cells.length - 1]!.end === cells[cells.length - 1]!.start) return null;
  const names = cells.filter((cell) => cell.end > cell.start);
  if (names.length < 2 || names.some((cell) => cell.end - cell.start > 64 || !NAME.test(text.slice(cell.start, cell.end)))) return null; // prettier-ignore
  const place = cells.findIndex((cell) => cell.start <= start && cell.end >= end);
  return place < 0 ? null : { from, to, separator, place, tuple };
}

/** The cells that stand in the column of the key at [start, end), or null where it is no name in a heading. */
export function column(text: string, start: number, end: number): Column | null {
  const head = heading(text, start, end);
  if (head === null) return null;
  const { separator, place, tuple } = head;
  const cells: Cell[] = [];
  const width = split(text, head.from, head.to, separator).length;
  const limit = Math.min(text.length, head.to + MAX_ROWS);
  let p = head.to + 1;
  while (p < limit) {
    let to: number;
    if (tuple) {
      const open = /^[\s;]{0,40}(?:VALUES?|values?|SELECT|select|,|OUTPUT \w+\.\w+|=)?\s{0,40}\(/.exec(
        text.slice(p, p + 100),
      );
      if (open === null) break;
      p += open[0].length;
      to = closing(text, p, limit);
    } else {
      const line = text.indexOf('\n', p);
      to = line < 0 ? text.length : line;
    }
    if (to < 0 || to - p > MAX_ROWS) break;
    const row = split(text, p, to, separator);
    if (row.length !== width) break;
    if (!tuple && row.some((cell, at) => at !== place && /[(){}]/.test(text.slice(cell.start, cell.end)))) break;
    const cell = row[place];
    if (cell !== undefined && cell.end - cell.start <= MAX_CELL && !/^[:-]*$/.test(text.slice(cell.start, cell.end)))
      cells.push(cell);
    p = to + 1;
  }
  return { cells, headingEnd: head.to, upTo: p };
}

/** The parenthesis that closes a tuple, quotes aside, or -1. */
function closing(text: string, from: number, limit: number): number {
  let quote = '';
  let depth = 0;
  for (let i = from; i < limit; i++) {
    const char = text[i]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '(') depth++;
    else if (char === ')' && depth-- === 0) return i;
  }
  return -1;
}
