/** Ignore files of assistants: `.copilotignore` (gitignore syntax) and `.aiexclude` (the same without `!`). */
import { badPattern, MAX_PATTERN_LENGTH } from './pattern/brace.ts';
import { preparePath } from './pattern/denyglob.ts';
import { FeaturedPath } from './pattern/feature.ts';
import { compileRow, matchesRow, type Row } from './pattern/row.ts';
import { RowIndex } from './pattern/rowindex.ts';
import { countsCharacters, GLOBSTAR, type Spelling } from './pattern/segment.ts';
import { foldPath, withoutPresentation } from './fold.ts';
import type { RepoPath } from './path.ts';

interface IgnoreLine {
  readonly source: string;
  readonly pattern: string;
  readonly negated: boolean;
  readonly folderOnly: boolean;
  /** Rows by the spelling of the path they are compared with; each matches whole prefixes only. */
  readonly rows: Readonly<Partial<Record<Spelling, readonly Row[]>>>;
}

/**
 * Compiles an ignore file lying in `folder` (`''` or `sub/dir`, repository-relative); it rules over what lies beneath. As
 * in gitignore the last line that matches decides, and nothing can be taken back from within an ignored folder. Lines
 * that take out match in any case, and brackets also as plain characters; lines that take back (`!`) match exactly. In
 * `.aiexclude` a `!` is part of a name, and a file without any pattern takes out everything. `source` names the file in
 * hits: `.copilotignore:3`. Throws a PatternError for a line over 4,096 characters.
 */
export function compileIgnoreFile(
  text: string,
  kind: 'copilotignore' | 'aiexclude',
  source: string,
  folder: string,
): { match(path: RepoPath): { source: string; pattern: string } | null } {
  const lines = parseLines(text, kind, source);
  const candidates = new Map<Spelling, RowIndex>();
  for (const spelling of ['folded', 'lower', 'exact'] as const) {
    const rows = lines.flatMap((line, id) =>
      (line.rows[spelling] ?? []).map((row) => ({ row: { ...row, children: true }, id })),
    );
    if (rows.length > 0) candidates.set(spelling, new RowIndex(rows.map(({ row }) => row), rows.map(({ id }) => id))); // prettier-ignore
  }
  const base = foldPath(folder.replace(/^\/+|\/+$/g, ''));

  return {
    match(path) {
      const inside = beneath(base, path);
      if (inside === null) return null;
      if (lines.length === 0) return kind === 'aiexclude' ? { source: `${source}:1`, pattern: '' } : null;
      const prepared = preparePath(inside);
      const spellings = {
        folded: prepared.folded,
        lower: prepared.lower,
        exact: [new FeaturedPath(inside.split('/'))],
      };
      const found: number[] = [];
      for (const [spelling, index] of candidates)
        for (const written of spellings[spelling]) index.collect(written, found);
      if (found.length === 0) return null;
      const latestFirst = [...new Set(found)].sort((a, b) => b - a).map((id) => lines[id]!);
      const depth = spellings.exact[0]!.segments.length;
      for (let length = 1; length <= depth; length++) {
        const line = latestFirst.find(
          (one) => (length < depth || !one.folderOnly) && covers(one, spellings, length, depth),
        );
        if (line && !line.negated) return { source: line.source, pattern: line.pattern };
      }
      return null;
    },
  };
}

/** The part of a path beneath a folder, compared without case; null where it lies elsewhere. */
function beneath(base: string, path: string): string | null {
  if (base === '') return path;
  const depth = base.split('/').length;
  const segments = path.split('/');
  if (segments.length <= depth || foldPath(segments.slice(0, depth).join('/')) !== base) return null;
  return segments.slice(depth).join('/');
}

type Spellings = Readonly<Record<Spelling, readonly FeaturedPath[]>>;

/** True where the line matches the first `length` of `depth` segments, in a spelling that has as many segments. */
function covers(line: IgnoreLine, spellings: Spellings, length: number, depth: number): boolean {
  for (const spelling of ['folded', 'lower', 'exact'] as const) {
    for (const row of line.rows[spelling] ?? []) {
      for (const { segments } of spellings[spelling]) {
        if (segments.length === depth && matchesRow(row, segments, length)) return true;
      }
    }
  }
  return false;
}

function parseLines(text: string, kind: 'copilotignore' | 'aiexclude', source: string): IgnoreLine[] {
  const lines: IgnoreLine[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .forEach((raw, index) => {
      const written = trimmedEnd(raw.replace(/\r$/, ''));
      if (written === '' || written.startsWith('#')) return;
      const place = `${source}:${index + 1}`;
      if (written.length > MAX_PATTERN_LENGTH) {
        throw badPattern(place, written, `longer than ${MAX_PATTERN_LENGTH} characters`);
      }
      const negated = kind === 'copilotignore' && written.startsWith('!');
      const pattern = withoutPresentation((negated ? written.slice(1) : written).normalize('NFC'));
      if (pattern.replaceAll('/', '') === '') return;
      lines.push({
        source: place,
        pattern: written,
        negated,
        folderOnly: pattern.endsWith('/'),
        rows: rowsOf(pattern, negated),
      });
    });
  return lines;
}

/** Trailing spaces go unless escaped. */
function trimmedEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  let escapes = 0;
  while (line[end - 1 - escapes] === '\\') escapes++;
  return line.slice(0, escapes % 2 === 1 && end < line.length ? end + 1 : end);
}

function rowsOf(pattern: string, negated: boolean): IgnoreLine['rows'] {
  const segments = pattern.split('/').filter((segment) => segment !== '');
  const anchored = pattern.replace(/\/+$/, '').includes('/');
  if (!anchored) segments.unshift('**');
  const classes = { classes: true, extglobs: false };
  if (negated) return { exact: [compileRow(segments, false, 'exact', classes)] };
  const folded = [compileRow(segments, false, 'folded', classes)];
  if (pattern.includes('[')) folded.push(compileRow(segments, false, 'folded', { classes: false, extglobs: false }));
  const counts = folded[0]!.segments.some((segment) => segment !== GLOBSTAR && countsCharacters(segment));
  return counts ? { folded, lower: [compileRow(segments, false, 'lower', classes)] } : { folded };
}
