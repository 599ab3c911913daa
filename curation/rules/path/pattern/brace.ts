/** Bounds and expands the braces of a pattern before any matcher sees it. */
import { braceExpand } from 'minimatch';

/** A pattern, reference or expression of a rule that cannot be used. The message names the rule's source and says what is wrong. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

export const MAX_PATTERN_LENGTH = 4096;
/** Most patterns that the braces of one pattern may stand for. */
export const MAX_EXPANSIONS = 1000;
const MAX_BRACE_DEPTH = 8;
const MAX_BRACE_GROUPS = 64;
const MAX_GLOBSTARS = 64;
const MAX_EXTGLOBS = 32;
const MAX_EXTGLOB_DEPTH = 4;

/** An error that quotes the pattern and says what is wrong with it. */
export function badPattern(source: string, pattern: string, problem: string, what = 'glob'): PatternError {
  const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern;
  return new PatternError(`${source}: ${JSON.stringify(shown)} is not a valid ${what} (${problem})`);
}

/**
 * Throws a PatternError where a pattern is empty, longer than 4,096 characters, has an unclosed brace, stands for more
 * than 1,000 patterns, or nests braces or extglobs beyond bounds. Nothing is ever cut: a pattern is used whole or refused.
 */
export function checkPattern(pattern: string, source: string): void {
  if (pattern.trim() === '') throw badPattern(source, pattern, 'empty');
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw badPattern(source, pattern, `longer than ${MAX_PATTERN_LENGTH} characters`);
  if (pattern.includes('\0')) throw badPattern(source, pattern, 'NUL character');
  if (pattern.split('**').length - 1 > MAX_GLOBSTARS)
    throw badPattern(source, pattern, `more than ${MAX_GLOBSTARS} "**"`);
  checkExtglobs(pattern, source);
  if (pattern.includes('{')) countExpansions(pattern, source);
}

/** The patterns that a checked pattern stands for, at most 1,000, each without active braces. Throws a PatternError over the bound. */
export function expandBraces(pattern: string, source: string): string[] {
  if (!pattern.includes('{')) return [pattern];
  const expanded = braceExpand(pattern, { braceExpandMax: MAX_EXPANSIONS + 1 });
  if (expanded.length > MAX_EXPANSIONS) throw tooMany(pattern, source);
  return expanded;
}

function tooMany(pattern: string, source: string): PatternError {
  return badPattern(source, pattern, `braces stand for more than ${MAX_EXPANSIONS} patterns`);
}

interface Group {
  start: number;
  /** Patterns that the alternatives before the current one stand for. */
  sum: number;
  /** Patterns that the current alternative stands for so far. */
  product: number;
  alternatives: number;
}

function countExpansions(pattern: string, source: string): void {
  const stack: Group[] = [{ start: 0, sum: 0, product: 1, alternatives: 1 }];
  let groups = 0;
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!;
    const current = stack[stack.length - 1]!;
    if (character === '\\') {
      index++;
    } else if (character === '{') {
      if (++groups > MAX_BRACE_GROUPS) throw badPattern(source, pattern, `more than ${MAX_BRACE_GROUPS} brace groups`);
      if (stack.length > MAX_BRACE_DEPTH) {
        throw badPattern(source, pattern, `braces nested deeper than ${MAX_BRACE_DEPTH}`);
      }
      stack.push({ start: index + 1, sum: 0, product: 1, alternatives: 1 });
    } else if (character === ',' && stack.length > 1) {
      current.sum += current.product;
      current.product = 1;
      current.alternatives++;
    } else if (character === '}' && stack.length > 1) {
      stack.pop();
      const count =
        current.alternatives > 1
          ? current.sum + current.product
          : sequenceLength(pattern.slice(current.start, index)) * current.product;
      stack[stack.length - 1]!.product *= count;
      if (count > MAX_EXPANSIONS || stack[stack.length - 1]!.product > MAX_EXPANSIONS) throw tooMany(pattern, source);
    }
  }
  if (stack.length > 1) throw badPattern(source, pattern, 'unclosed brace');
}

/** Values of `1..9`, `a..e`, `0..10..2`; 1 where the text is no sequence. */
function sequenceLength(body: string): number {
  const numbers = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/.exec(body);
  const letters = /^([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?\d+))?$/.exec(body);
  const parts = numbers ?? letters;
  if (!parts) return 1;
  const value = (text: string): number => (numbers ? Number(text) : text.charCodeAt(0));
  const step = Math.max(Math.abs(Number(parts[3] ?? 1)), 1);
  return Math.floor(Math.abs(value(parts[1]!) - value(parts[2]!)) / step) + 1;
}

function checkExtglobs(pattern: string, source: string): void {
  let depth = 0;
  let count = 0;
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index]!;
    if (character === '\\') {
      index++;
    } else if (pattern[index + 1] === '(' && '?*+@!'.includes(character)) {
      if (++count > MAX_EXTGLOBS) throw badPattern(source, pattern, `more than ${MAX_EXTGLOBS} extglobs`);
      if (++depth > MAX_EXTGLOB_DEPTH)
        throw badPattern(source, pattern, `extglobs nested deeper than ${MAX_EXTGLOB_DEPTH}`);
      index++;
    } else if (character === ')' && depth > 0) {
      depth--;
    } else if (character === '/') {
      depth = 0;
    }
  }
}
