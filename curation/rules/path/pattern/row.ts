/** A pattern as a row of segments, and whether it matches a path. */
import { GLOBSTAR, parseSegment, type Segment, type SegmentSyntax, type Spelling } from './segment.ts';

export interface Row {
  readonly segments: readonly Segment[];
  /** The row also takes everything beneath what it matches. */
  readonly children: boolean;
}

/** Compiles segments of a pattern (split at `/`, none empty); neighbouring `**` become one. */
export function compileRow(
  segments: readonly string[],
  children: boolean,
  spelling: Spelling,
  syntax: SegmentSyntax,
): Row {
  const compiled: Segment[] = [];
  for (const text of segments) {
    const segment = parseSegment(text, spelling, syntax);
    if (segment !== GLOBSTAR || compiled[compiled.length - 1] !== GLOBSTAR) compiled.push(segment);
  }
  return { segments: compiled, children };
}

/**
 * True where the row matches the first `length` segments of a path, or an ancestor of it where the row takes children.
 * `**` matches any number of segments, at least one at the end of a row. The last `**` is the only place to come back
 * to, so the cost is at most row × path.
 */
export function matchesRow(row: Row, path: readonly string[], length: number = path.length): boolean {
  const { segments, children } = row;
  const last = segments.length - 1;
  let at = 0;
  let next = 0;
  let starAt = -1;
  let starNext = -1;
  for (;;) {
    if (next > last) {
      if (children || at === length) return true;
    } else {
      const segment = segments[next]!;
      if (at === length) return false;
      if (segment === GLOBSTAR) {
        if (next === last) return true;
        starAt = at;
        starNext = ++next;
        continue;
      }
      if (typeof segment === 'string' ? segment === path[at] : segment.test(path[at]!)) {
        at++;
        next++;
        continue;
      }
    }
    if (starNext < 0) return false;
    at = ++starAt;
    next = starNext;
  }
}
