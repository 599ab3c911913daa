/** Reads the lines of a CODEOWNERS file: patterns, owners, sections, and what is wrong with the rest. */

export type CodeownersDialect = 'github' | 'gitlab';

export interface CodeownersLine {
  readonly line: number;
  /** As written, escapes included, without the `!` of an exclusion. */
  readonly pattern: string;
  readonly owners: string[];
  /** GitLab: the section's name as first written. */
  readonly section?: string;
  /** Lines with the same key are judged together; section names compare without case. */
  readonly sectionKey: string;
  /** GitLab `!pattern`: takes matching paths out of its section. */
  readonly excludes: boolean;
}

const GITHUB_OWNER =
  /^(?:@[A-Za-z0-9][\w-]{0,99}(?:\/[\w.-]{1,255})?|[^\s@<>()]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})$/;
const GITLAB_OWNER =
  /^(?:@@?[A-Za-z0-9_][\w.-]{0,254}(?:\/[\w.-]{1,255}){0,20}|[^\s@<>()]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})$/;
const SECTION = /^\^?\[([^[\]]{1,255})\](?:\[\d{0,9}\])?(?:\s+(\S.*))?$/;

/** Splits a file into lines in use and errors. Line numbers count from 1. Messages never quote the file. */
export function parseCodeownersLines(
  text: string,
  dialect: CodeownersDialect,
): { lines: CodeownersLine[]; errors: { line: number; message: string }[] } {
  const lines: CodeownersLine[] = [];
  const errors: { line: number; message: string }[] = [];
  const names = new Map<string, string>();
  let section: string | undefined;
  let defaults: string[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .forEach((raw, index) => {
      const line = index + 1;
      const content = raw.trim();
      if (content === '' || content.startsWith('#')) return;
      const heading = dialect === 'gitlab' ? SECTION.exec(content) : null;
      if (heading) {
        const name = heading[1]!.trim();
        const key = name.toLowerCase();
        section = names.get(key) ?? name;
        names.set(key, section);
        defaults = wordsOf(heading[2] ?? '').filter((word) => GITLAB_OWNER.test(word));
        return;
      }
      const [first, ...rest] = wordsOf(leadTrimmed(raw));
      const read = dialect === 'github' ? githubLine(first!, rest) : gitlabLine(first!, rest, defaults);
      if (read.problem !== undefined) errors.push({ line, message: read.problem });
      if (read.pattern === undefined) return;
      lines.push({
        line,
        pattern: read.pattern,
        owners: read.owners,
        ...(section !== undefined && { section }),
        sectionKey: section === undefined ? '' : `[${section.toLowerCase()}`,
        excludes: read.excludes,
      });
    });
  return { lines, errors };
}

interface ReadLine {
  readonly pattern?: string;
  readonly owners: string[];
  readonly excludes: boolean;
  readonly problem?: string;
}

/** GitHub skips a line whole where any part of it is invalid. */
function githubLine(pattern: string, rest: readonly string[]): ReadLine {
  const comment = rest.findIndex((word) => word.startsWith('#'));
  const owners = comment < 0 ? [...rest] : rest.slice(0, comment);
  const skipped = (problem: string): ReadLine => ({ owners: [], excludes: false, problem: `${problem}: line skipped` });
  if (pattern.startsWith('!')) return skipped('"!" does not work in CODEOWNERS');
  if (pattern.startsWith('\\#')) return skipped('a pattern cannot start with an escaped "#"');
  if (hasBareBracket(pattern)) return skipped('"[" and "]" must be escaped');
  if (!owners.every((owner) => GITHUB_OWNER.test(owner))) return skipped('an owner is no @user, @org/team or address');
  return { pattern, owners, excludes: false };
}

/** GitLab drops malformed owners and keeps the line; a line without owners has those of its section. */
function gitlabLine(first: string, rest: readonly string[], defaults: readonly string[]): ReadLine {
  const excludes = first.startsWith('!');
  const pattern = excludes ? first.slice(1) : first;
  if (pattern === '') return { owners: [], excludes, problem: '"!" without a pattern: line skipped' };
  const owners = rest.filter((owner) => GITLAB_OWNER.test(owner));
  const problem =
    owners.length < rest.length ? 'an owner is no @user, @group, @@role or address: owner dropped' : undefined;
  return {
    pattern,
    owners: rest.length === 0 ? [...defaults] : owners,
    excludes,
    ...(problem !== undefined && { problem }),
  };
}

function hasBareBracket(pattern: string): boolean {
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === '[' || pattern[at] === ']') return true;
  }
  return false;
}

function leadTrimmed(raw: string): string {
  return raw.trimStart().replace(/\r$/, '');
}

/** Words between white space; `\` keeps the character after it in the word. A walk, for lines may be megabytes long. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let start = -1;
  for (let at = 0; at < text.length; at++) {
    if (isSpace(text.charCodeAt(at))) {
      if (start >= 0) words.push(text.slice(start, at));
      start = -1;
      continue;
    }
    if (start < 0) start = at;
    if (text[at] === '\\') at++;
  }
  if (start >= 0) words.push(text.slice(start));
  return words;
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
