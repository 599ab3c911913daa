/** Whether one deny pattern takes every path that another takes: sound, but not complete, for what it cannot tell it denies. */
import { expandBraces } from '../path/pattern/brace.ts';

const GLOBSTAR = '**';
/** Syntax whose reach is not compared: classes, extglobs, escapes, streams, resolved segments, and letters that fold to several. */
const OPAQUE = /[[\](){}\\:!%]|(^|\/)\.{1,2}(\/|$)|[. ](\/|$)|[^\0-\x7f]|[^/*]\*\*|\*\*[^/*]|\*{3}/;

/**
 * True only where every path that deny pattern `b` matches is matched by deny pattern `a` too (see compileDenyGlob for what they match).
 * Both must be patterns that compile. Equal patterns cover each other.
 */
export function coversPattern(a: string, b: string): boolean {
  if (a === b) return true;
  const broad = alternatives(a);
  const narrow = alternatives(b);
  if (!broad || !narrow) return false;
  return narrow.every((segments) => broad.some((other) => covers(other, 0, segments, 0)));
}

/** A path that the pattern matches, to find by index the few patterns that may cover it; null where its syntax is not compared. */
export function witnessOf(pattern: string): string | null {
  const first = alternatives(pattern)?.[0];
  return (
    first
      ?.map((segment) => (segment === GLOBSTAR ? 'q' : segment.replaceAll('*', 'q').replaceAll('?', 'q')))
      .join('/') ?? null
  );
}

/** The segments of each brace-free alternative, lower case; a pattern without leading slash begins at any depth. */
function alternatives(pattern: string): string[][] | null {
  const plain = pattern.includes('{') ? expandBraces(pattern, '') : [pattern];
  if (plain.some((one) => OPAQUE.test(one))) return null;
  return plain.map((one) => {
    const segments = one.toLowerCase().split('/').filter(Boolean);
    if (!one.startsWith('/')) segments.unshift(GLOBSTAR);
    if (segments.length === 0) segments.push(GLOBSTAR);
    return segments.filter((segment, at) => segment !== GLOBSTAR || segments[at - 1] !== GLOBSTAR);
  });
}

/** What matches a folder takes all beneath it, so that to cover any leading part of the narrow pattern is to cover it. */
function covers(broad: readonly string[], i: number, narrow: readonly string[], j: number): boolean {
  if (i === broad.length) return true;
  if (broad[i] === GLOBSTAR) {
    if (i === broad.length - 1) return j < narrow.length;
    return covers(broad, i + 1, narrow, j) || (j < narrow.length && covers(broad, i, narrow, j + 1));
  }
  const segment = narrow[j];
  if (segment === undefined || segment === GLOBSTAR) return false;
  return coversSegment(broad[i]!, segment) && covers(broad, i + 1, narrow, j + 1);
}

/** The broad segment's `*` takes any run of the narrow one's signs, wildcards too; its `?` any one of them but a `*`. */
function coversSegment(broad: string, narrow: string): boolean {
  let i = 0;
  let star = -1;
  let resume = 0;
  for (let j = 0; j < narrow.length;) {
    const sign = broad[i];
    if (sign === '*') {
      star = i++;
      resume = j;
    } else if (sign !== undefined && (sign === narrow[j] || (sign === '?' && narrow[j] !== '*'))) {
      i++;
      j++;
    } else if (star >= 0) {
      i = star + 1;
      j = ++resume;
    } else return false;
  }
  while (broad[i] === '*') i++;
  return i === broad.length;
}
