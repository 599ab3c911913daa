/** Who owns a path by a CODEOWNERS file of GitHub or GitLab. */
import { MAX_PATTERN_LENGTH } from './pattern/brace.ts';
import { FeaturedPath } from './pattern/feature.ts';
import { compileRow, type Row } from './pattern/row.ts';
import { RowIndex } from './pattern/rowindex.ts';
import { parseCodeownersLines, type CodeownersDialect, type CodeownersLine } from './codeownersline.ts';
import { foldPath } from './fold.ts';
import { trimSegment, type RepoPath } from './path.ts';

/** GitHub does not load a file of 3 MB or more. */
export const MAX_CODEOWNERS_BYTES = 3_000_000;

export interface Ownership {
  /** `@user`, `@org/team`, addresses, as written; empty where the line clears ownership. */
  owners: string[];
  line: number;
  pattern: string;
  /** GitLab: the section's name; absent for lines before any section. */
  section?: string;
  /** The line matches the path only in another spelling (case, trailing dots, streams), and may be the one that counts. */
  approximate?: true;
}

export interface Codeowners {
  /**
   * GitHub: the last line that matches, or none; `owners: []` says that the line clears ownership. GitLab: one for each
   * section that matches. Matching is case-sensitive as there; but a path may reach us from a file system that is not, so
   * later lines that match only when letters are folded follow, marked `approximate`: a deny rule on owners must look at
   * all. Throws where the file is too large to be loaded: nobody knows who owns what.
   */
  ownersOf(path: RepoPath): Ownership[];
  /** Lines that are skipped, and why. */
  errors: { line: number; message: string }[];
  /** GitHub: the file has 3 MB or more and counts as not there; ownersOf throws. */
  tooLarge: boolean;
  /** All lines in use, in order. */
  rules: { line: number; pattern: string; owners: string[]; section?: string }[];
}

/** Where the file may lie, best first (GitHub: the first three; GitLab: the last three). */
const LOCATIONS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'];

/** The CODEOWNERS file that counts among the given repository-relative paths, or null. */
export function codeownersLocation(files: string[]): string | null {
  const present = new Set(files);
  return LOCATIONS.find((location) => present.has(location)) ?? null;
}

/**
 * Parses a CODEOWNERS file of any size below 3 MB; invalid lines are skipped and listed, as the host does. A path costs
 * one look-up in an index, not a walk over the lines.
 */
export function parseCodeowners(text: string, dialect: CodeownersDialect): Codeowners {
  if (dialect === 'github' && Buffer.byteLength(text, 'utf8') >= MAX_CODEOWNERS_BYTES) {
    const message = 'the file has 3 MB or more and is not loaded: make it smaller';
    return {
      ownersOf() {
        throw new Error(`CODEOWNERS: ${message}`);
      },
      errors: [{ line: 1, message }],
      tooLarge: true,
      rules: [],
    };
  }
  const { lines, errors } = parseCodeownersLines(text, dialect);
  const usable = lines.filter(({ line, pattern }) => {
    if (pattern.length <= MAX_PATTERN_LENGTH) return true;
    errors.push({ line, message: `the pattern is longer than ${MAX_PATTERN_LENGTH} characters` });
    return false;
  });
  const exact = new RowIndex(
    usable.map((line) => exactRow(line.pattern, dialect)),
    usable.map((_, id) => id),
  );
  const loose = new RowIndex(
    usable.map((line) => looseRow(line.pattern, dialect)),
    usable.map((_, id) => id),
  );
  return {
    ownersOf: (path) => decide(usable, matching(exact, path), matching(loose, foldPath(path))),
    errors: errors.sort((a, b) => a.line - b.line),
    tooLarge: false,
    rules: usable.filter(({ excludes }) => !excludes).map((line) => shown(line)),
  };
}

function matching(index: RowIndex, path: string): Set<number> {
  const found: number[] = [];
  index.collect(new FeaturedPath(path.split('/').filter(Boolean)), found);
  return new Set(found);
}

interface SectionMatch {
  excludedBy?: CodeownersLine;
  last: number;
  approximate: number[];
}

function decide(lines: readonly CodeownersLine[], exact: ReadonlySet<number>, loose: ReadonlySet<number>): Ownership[] {
  const sections = new Map<string, SectionMatch>();
  const sectionOf = (line: CodeownersLine): SectionMatch => {
    let match = sections.get(line.sectionKey);
    if (!match) sections.set(line.sectionKey, (match = { last: -1, approximate: [] }));
    return match;
  };
  for (const id of [...exact].sort((a, b) => a - b)) {
    const line = lines[id]!;
    const match = sectionOf(line);
    if (line.excludes) match.excludedBy = line;
    else match.last = id;
  }
  for (const id of [...loose].sort((a, b) => a - b)) {
    const line = lines[id]!;
    if (exact.has(id) || line.excludes) continue;
    const match = sectionOf(line);
    if (id > match.last) match.approximate.push(id);
  }
  return [...sections.values()].flatMap(({ excludedBy, last, approximate }) => {
    const decided = excludedBy ? [{ ...shown(excludedBy), owners: [] }] : last >= 0 ? [shown(lines[last]!)] : [];
    return [...decided, ...approximate.map((id) => ({ ...shown(lines[id]!), approximate: true as const }))];
  });
}

function shown({ owners, line, pattern, section }: CodeownersLine): Ownership {
  return { owners, line, pattern, ...(section !== undefined && { section }) };
}

/** The pattern as the host reads it. GitHub: gitignore, but `x/*` is one level only. GitLab: Ruby's File.fnmatch. */
function exactRow(pattern: string, dialect: CodeownersDialect): Row {
  const segments = splitPattern(pattern, dialect);
  if (dialect === 'gitlab') {
    // fnmatch knows `**` only before a slash; at the end it is `*`.
    if (segments[segments.length - 1] === '**' && !pattern.endsWith('/')) segments[segments.length - 1] = '*';
    return compileRow(segments, false, 'exact', { classes: true, extglobs: false });
  }
  const oneLevel = segments[segments.length - 1] === '*';
  return compileRow(segments, !oneLevel, 'exact', { classes: false, extglobs: false });
}

/** The pattern in any case and with what normalisation cuts from paths gone; on GitLab also with all beneath a folder. */
function looseRow(pattern: string, dialect: CodeownersDialect): Row {
  const segments = splitPattern(pattern, dialect).map((segment) =>
    /[*?[\\]/.test(segment) ? segment : trimSegment(segment),
  );
  const oneLevel = dialect === 'github' && segments[segments.length - 1] === '*';
  return compileRow(segments, !oneLevel, 'folded', { classes: dialect === 'gitlab', extglobs: false });
}

function splitPattern(pattern: string, dialect: CodeownersDialect): string[] {
  const text = pattern.normalize('NFC');
  const segments = text.split('/').filter((segment) => segment !== '');
  const slash = text.indexOf('/');
  const anchored = dialect === 'gitlab' ? slash === 0 : slash >= 0 && slash < text.length - 1;
  if (!anchored) segments.unshift('**');
  if (text.endsWith('/')) segments.push('**');
  return segments;
}
