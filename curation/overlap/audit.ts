/** Looks for private code in the texts of a finished row, within each text and across the borders of prompt, completion and suffix. */
import { normalisedFingerprintsOf, type FingerprintKey, type FingerprintTest } from './fingerprint.ts';
import { overlaps, type Span } from './guard.ts';

export interface NamedText {
  column: string;
  text: string;
}

export interface OverlapPlace {
  column: string;
  /** Lines of the column's text, from 1; `lastLine` is the last one that the overlap touches. */
  line: number;
  lastLine: number;
  /** UTF-16 units that overlap, also those that go on in the next column. */
  length: number;
}

/** Columns that were one text once, in its order. */
const JOINED = [
  ['prompt', 'completion', 'suffix'],
  ['prompt', 'chosen', 'suffix'],
  ['prompt', 'rejected', 'suffix'],
  ['prefix', 'completion', 'suffix'],
];

/** Places of a row's texts that stand in the private code, neighbouring ones as one; the same words of one text are told once. */
export function overlapPlaces(texts: readonly NamedText[], key: FingerprintKey, has: FingerprintTest): OverlapPlace[] {
  const places = texts.flatMap((text) => placesIn([text], key, has));
  for (const columns of JOINED) {
    const parts = columns.flatMap((column) => texts.filter((text) => text.column === column).slice(0, 1));
    // What lies within one column is found above; here only what crosses from one to the next.
    if (parts.length === columns.length) places.push(...placesIn(parts, key, has, true));
  }
  return places;
}

/** Whether 40 lexemes of the row are private code but for the names in them. */
export function readsRenamed(texts: readonly NamedText[], key: FingerprintKey, has: FingerprintTest): boolean {
  let found = false;
  for (const { text } of texts)
    normalisedFingerprintsOf(text, key, (high, low) => {
      found ||= has(high, low);
    });
  return found;
}

function placesIn(
  parts: readonly NamedText[],
  key: FingerprintKey,
  has: FingerprintTest,
  crossing = false,
): OverlapPlace[] {
  const text = parts.map((part) => part.text).join('');
  let spans = overlaps(text, key, has);
  if (crossing) {
    const borders = new Set<number>();
    parts.reduce((end, part) => (borders.add(end + part.text.length), end + part.text.length), 0);
    spans = spans.filter(({ start, end }) => [...borders].some((border) => start < border && border < end));
  }
  return merged(spans).map((span) => placeOf(span, parts));
}

function merged(spans: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const span of spans) {
    const last = out.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else out.push({ ...span });
  }
  return out;
}

function placeOf({ start, end }: Span, parts: readonly NamedText[]): OverlapPlace {
  let offset = 0;
  for (const { column, text } of parts) {
    if (start < offset + text.length) {
      const line = lineOf(text, start - offset);
      return { column, line, lastLine: lineOf(text, Math.min(end - offset, text.length) - 1), length: end - start };
    }
    offset += text.length;
  }
  throw new RangeError('a place lies past the end of its texts');
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let feed = text.indexOf('\n'); feed >= 0 && feed < at; feed = text.indexOf('\n', feed + 1)) line++;
  return line;
}
