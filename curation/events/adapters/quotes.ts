/** Finds the text of other files that prompt builders quote, and gives each quote the path it names: code of a closed file may stand in an open one's prompt. */

/** A quote; without a path nobody knows where it is from (`unsourced`). */
export interface Quote {
  path?: string;
  text: string;
  unsourced?: true;
}

export interface Unquoted {
  /** What is left: the document's own text. */
  prefix: string;
  /** What the document's own `Path:` header says. */
  documentPath?: string;
  quotes: Quote[];
}

interface Header {
  kind: 'path' | 'quote' | 'edits';
  path: string | undefined;
  /** How the comment begins and ends: `//` and ``, `<!--` and `-->`. */
  start: string;
  end: string;
  /** Index of the line after the quote, where the builder marks its end. */
  until?: number;
}

/** Beginnings of comments in the languages that prompt builders know, and what ends them. */
const OPENING = /^(?:<!--|\{\/\*|\/\*+|\(\*|<%#|\{\{!|@\*|\/{2,}|-{2,}|-#|#+|;+|%+|'|"|!|\*|REM(?= ))/;
const ENDINGS: Record<string, string> = {
  '<!--': '-->',
  '{/*': '*/}',
  '/*': '*/',
  '(*': '*)',
  '<%#': '%>',
  '{{!': '}}',
  '@*': '*@',
};

const PATH = 'Path:';
/** "Compare this snippet from src/b.ts:", and what else may be compared: functions, classes, … */
const COMPARE = /^Compare (?:this|these) [A-Za-z ]{1,40}?(?:(?: from )|(?=:|$))/i;
/** Facts of the project, and messages of its tools: text of no one file. */
const RELATED = /^Consider (?:this related information|the following)\b/i;
/** Differences of files that were edited lately, whichever they are. */
const EDITS = /^These are recently edited files\b/i;
const EDITS_END = /^End of recent edits\b/i;
const ANY_QUOTE = /compare th|consider th|recently edited files/i;

/**
 * Takes headers and quotes out of a prefix.
 * Where `own` is `first`, the first `Path:` comment names the document, and only that line is cut. Every other `Path:` header or
 * "Compare this … from" line begins a quote: the block of comments under it, or, where none follows, all text up to the next header,
 * since it cannot be told from the document. Recent edits and related information are quotes without a source.
 */
export function takeQuotes(prefix: string, own: 'first' | 'none'): Unquoted {
  if (!mayQuote(prefix)) return { prefix, quotes: [] };
  const lines = linesOf(prefix);
  const headers = headersOf(lines, -1);
  const ownAt = own === 'first' ? headers.findIndex((header) => header?.kind === 'path') : -1;
  const result: Unquoted = { prefix: '', quotes: [] };
  if (ownAt >= 0) result.documentPath = headers[ownAt]!.path!;
  const kept: string[] = [];
  for (let at = 0; at < lines.length;) {
    const header = headers[at];
    if (!header || at === ownAt) {
      if (!header) kept.push(lines[at]!);
      at++;
      continue;
    }
    const end = endOfQuote(lines, headers, at, header);
    result.quotes.push(quoteOf(header, lines.slice(at + 1, end)));
    at = end;
  }
  result.prefix = kept.join('');
  return result;
}

/**
 * The quotes of a prefix whose document the record names itself: a first `Path:` comment is its own where it shows that path or its
 * last parts, and begins a quote where it shows another.
 */
export function takeQuotesBeside(prefix: string, known: string | undefined): Unquoted {
  const unquoted = takeQuotes(prefix, 'first');
  const own = unquoted.documentPath?.replaceAll('\\', '/');
  if (own === undefined || `/${known?.replaceAll('\\', '/')}`.endsWith(`/${own}`)) return unquoted;
  return takeQuotes(prefix, 'none');
}

/**
 * Builders that write the document's header last put all that is quoted before it.
 * @param known the document's path; headers may show its last parts only
 * @returns what stands before the last header that agrees and what after, or null where none does
 */
export function splitAtOwnHeader(prefix: string, known: string): { before: string; after: string } | null {
  if (!prefix.includes(PATH)) return null;
  const lines = linesOf(prefix);
  const own = lines.findLastIndex((line) => {
    const header = headerOf(line, false);
    return header?.kind === 'path' && sameTail(header.path!, known);
  });
  return own < 0 ? null : { before: lines.slice(0, own).join(''), after: lines.slice(own + 1).join('') };
}

/**
 * Quotes of one context entry, which is no part of the document: all of it is quoted. An entry that begins with no header is unsourced.
 * A header alone, with no text under it, is the document's own path.
 */
export function quotesOfEntry(entry: string): { documentPath?: string; quotes: Quote[] } {
  const lines = linesOf(entry);
  const first = lines.findIndex((line) => line.trim() !== '');
  if (first < 0) return { quotes: [] };
  const headers = headersOf(lines, first);
  const head = headers[first];
  if (!head) return { quotes: [{ text: entry, unsourced: true }] };
  if (head.kind === 'path' && lines.slice(first + 1).every((line) => line.trim() === '')) {
    return { documentPath: head.path!, quotes: [] };
  }
  const quotes: Quote[] = [];
  for (let at = first; at < lines.length;) {
    let end = at + 1;
    while (end < lines.length && !headers[end]) end++;
    quotes.push(quoteOf(headers[at]!, lines.slice(at + 1, end)));
    at = end;
  }
  return { quotes };
}

function sameTail(header: string, known: string): boolean {
  const short = header.replaceAll('\\', '/');
  const long = known.replaceAll('\\', '/');
  return long === short || long.endsWith(`/${short}`) || short.endsWith(`/${long}`);
}

/** A header for each line that is one; within recent edits, which may hold anything, none is looked for. */
function headersOf(lines: string[], bare: number): (Header | null)[] {
  const headers: (Header | null)[] = lines.map(() => null);
  for (let at = 0; at < lines.length; at++) {
    const header = headerOf(lines[at]!, at === bare);
    headers[at] = header;
    if (header?.kind !== 'edits') continue;
    let end = at + 1;
    while (end < lines.length && isCommented(lines[end]!, header) && !EDITS_END.test(bodyOf(lines[end]!))) end++;
    if (end < lines.length && EDITS_END.test(bodyOf(lines[end]!))) end++;
    header.until = end;
    at = end - 1;
  }
  return headers;
}

/** Where a block has no comment signs, every line may be part of it. */
function isCommented(line: string, { start }: Header): boolean {
  return line.trimStart().startsWith(start);
}

function endOfQuote(lines: string[], headers: (Header | null)[], at: number, header: Header): number {
  if (header.until !== undefined) return header.until;
  const continues = (index: number) =>
    index < lines.length && !headers[index] && header.start !== '' && isCommented(lines[index]!, header);
  let end = at + 1;
  if (continues(end)) {
    while (continues(end)) end++;
    return end;
  }
  while (end < lines.length && !headers[end]) end++;
  return end;
}

function quoteOf(header: Header, lines: string[]): Quote {
  const commented =
    header.start !== '' && lines.every((line) => line.trim() === '' || line.trimStart().startsWith(header.start));
  const text = commented ? lines.map((line) => uncomment(line, header)).join('') : lines.join('');
  return header.path === undefined ? { text, unsourced: true } : { path: header.path, text };
}

/** Takes one comment sign, the space after it and the sign that ends it off a line; its line end stays. */
function uncomment(line: string, { start, end }: Header): string {
  const from = line.indexOf(start);
  if (from < 0) return line;
  const body = line.slice(from + start.length + (line[from + start.length] === ' ' ? 1 : 0));
  if (end === '') return body;
  const lineEnd = /\r?\n$/.exec(body)?.[0] ?? '';
  const code = body.slice(0, body.length - lineEnd.length).trimEnd();
  return (code.endsWith(end) ? code.slice(0, -end.length).replace(/ $/, '') : code) + lineEnd;
}

function mayQuote(text: string): boolean {
  return text.includes(PATH) || ANY_QUOTE.test(text);
}

/** @param bare a header may stand without a comment sign, as the first line of a context entry does */
function headerOf(line: string, bare: boolean): Header | null {
  if (!mayQuote(line)) return null;
  const text = line.trim();
  const start = OPENING.exec(text)?.[0] ?? '';
  const end = endingOf(start);
  const body = bodyOf(line);
  if (body.startsWith(PATH)) {
    const path = body.slice(PATH.length).trim();
    // Builders write their headers at the margin, as comments; elsewhere it is the program's own text.
    const written = start !== '' && line.startsWith(start);
    return path !== '' && (written || (bare && start === '')) ? { kind: 'path', path, start, end } : null;
  }
  if (EDITS.test(body)) return { kind: 'edits', path: undefined, start, end };
  if (RELATED.test(body) && (start !== '' || bare)) return { kind: 'quote', path: undefined, start, end };
  const compare = COMPARE.exec(body);
  if (!compare) return null;
  const path = body.slice(compare[0].length).replace(/:$/, '').trim();
  return { kind: 'quote', path: path === '' ? undefined : path, start, end };
}

/** What a line says within its comment signs. */
function bodyOf(line: string): string {
  const text = line.trim();
  const start = OPENING.exec(text)?.[0] ?? '';
  const body = text.slice(start.length).trim();
  const end = endingOf(start);
  return end !== '' && body.endsWith(end) ? body.slice(0, -end.length).trimEnd() : body;
}

function endingOf(start: string): string {
  return ENDINGS[start] ?? (start.startsWith('/*') ? '*/' : '');
}

/** Lines with their line ends. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length;) {
    const feed = text.indexOf('\n', at);
    const end = feed < 0 ? text.length : feed + 1;
    lines.push(text.slice(at, end));
    at = end;
  }
  return lines;
}
