/** What must hold of a match besides its expression: the rule's checks, its allow lists; and what else is cut out with it. */
import type { CompiledAllow, CompiledRule } from './rules/compiled.ts';
import { holdsPlaceholder } from './values/placeholders.ts';
import { isRandom } from './values/randomness.ts';

/** How far round a match its other half is looked for. */
const COMPANION_REACH = 300;
/** How much of a line an allow list sees before and after a match. */
const LINE_REACH = 1024;

/** True where all checks of the rule hold for the secret at `from` and no allow list lets go of it. */
export function passes(
  compiled: CompiledRule,
  text: string,
  secret: string,
  from: number,
  match: string,
  at: number,
): boolean {
  for (const validator of compiled.validators) if (!validator(secret, text, from, from + secret.length)) return false;
  return !compiled.allow.some((allow) => allows(allow, text, secret, match, at));
}

function allows(allow: CompiledAllow, text: string, secret: string, match: string, at: number): boolean {
  let subject = allow.target === 'secret' ? secret : match;
  if (allow.target === 'line') {
    const before = text.slice(Math.max(0, at - LINE_REACH), at);
    const after = text.slice(at + match.length, at + match.length + LINE_REACH);
    subject = before.slice(before.lastIndexOf('\n') + 1) + match + after.split('\n', 1)[0]!;
  }
  const holds: boolean[] = [];
  if (allow.regexes.length > 0) holds.push(allow.regexes.some((regex) => regex.test(subject)));
  if (allow.stopwords.length > 0) {
    const folded = secret.toLowerCase();
    holds.push(allow.stopwords.some((word) => folded.includes(word)));
  }
  return holds.length > 0 && (allow.condition === 'and' ? holds.every(Boolean) : holds.some(Boolean));
}

/** Random strings of the pattern near a token at [start, end): the other half of a pair. */
export function companions(
  text: string,
  pattern: RegExp,
  start: number,
  end: number,
): { start: number; end: number }[] {
  const from = Math.max(0, start - COMPANION_REACH);
  const found: { start: number; end: number }[] = [];
  for (const match of text.slice(from, end + COMPANION_REACH).matchAll(pattern)) {
    const secret = match[1] ?? match[0];
    const at = from + match.index + match[0].indexOf(secret);
    if ((at >= end || at + secret.length <= start) && isRandom(secret))
      found.push({ start: at, end: at + secret.length });
  }
  return found;
}

/** What the patterns of a `near` rule find in [from, to): the first group that has text where the rule names none. */
export function searched(
  compiled: CompiledRule,
  text: string,
  from: number,
  to: number,
): { start: number; end: number }[] {
  const piece = text.slice(from, to);
  const found: { start: number; end: number }[] = [];
  for (const pattern of compiled.patterns) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(piece); match !== null; match = pattern.exec(piece)) {
      if (match[0] === '') {
        pattern.lastIndex++;
        continue;
      }
      const { group } = compiled.rule;
      const secret =
        group > 0 ? match[group] : (match.slice(1).find((part) => part !== undefined && part !== '') ?? match[0]);
      if (!secret || holdsPlaceholder(secret)) continue;
      const at = from + match.index + match[0].indexOf(secret);
      if (passes(compiled, text, secret, at, match[0], from + match.index))
        found.push({ start: at, end: at + secret.length });
    }
  }
  return found;
}
