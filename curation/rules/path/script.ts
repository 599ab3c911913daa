/** Tells whether a name mixes writing systems inside one word, as a look-alike of another name does. */

/**
 * Scripts in use (UAX #31 table 5) and those with letters that look like Latin ones. A letter of any further script
 * counts as `other`, so that it still differs from all of these.
 */
const SCRIPTS = [
  'Latin', 'Cyrillic', 'Greek', 'Armenian', 'Hebrew', 'Arabic', 'Syriac', 'Thaana', 'Devanagari', 'Bengali', 'Gurmukhi',
  'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Thai', 'Lao', 'Tibetan', 'Myanmar',
  'Georgian', 'Ethiopic', 'Cherokee', 'Khmer', 'Mongolian', 'Hiragana', 'Katakana', 'Bopomofo', 'Han', 'Hangul', 'Coptic',
  'Canadian_Aboriginal', 'Lisu', 'Glagolitic', 'Gothic', 'Deseret', 'Tifinagh', 'Osage', 'Warang_Citi', 'Runic',
] as const; // prettier-ignore
const matchers = SCRIPTS.map((script) => new RegExp(`^\\p{Script_Extensions=${script}}$`, 'u'));
const NEUTRAL = /^[\p{Script=Common}\p{Script=Inherited}]$/u;
const ANY_SCRIPT = 'any';
const NON_ASCII = /[^\0-\x7f]/;
const LETTERS = /\p{L}[\p{L}\p{M}]*/gu;

/** Writing systems that use several scripts in one word (UTS #39, section 5.1). */
const together: ReadonlySet<string>[] = [
  new Set(['Han', 'Hiragana', 'Katakana']),
  new Set(['Han', 'Hangul']),
  new Set(['Han', 'Bopomofo']),
];
const known = new Map<string, readonly string[] | typeof ANY_SCRIPT>();

/**
 * True where one run of letters (with their marks) holds letters that no single writing system has: `рrivate` with a
 * Cyrillic er. Digits, punctuation and the dot before an extension end a run; characters common to several scripts
 * count for each of them.
 */
export function mixesScripts(name: string): boolean {
  if (!NON_ASCII.test(name)) return false;
  for (const [run] of name.matchAll(LETTERS)) if (NON_ASCII.test(run) && runMixes(run)) return true;
  return false;
}

function runMixes(run: string): boolean {
  let shared: readonly string[] | undefined;
  const seen: (readonly string[])[] = [];
  for (const letter of run) {
    const scripts = scriptsOf(letter);
    if (scripts === ANY_SCRIPT) continue;
    seen.push(scripts);
    shared = shared === undefined ? scripts : shared.filter((script) => scripts.includes(script));
  }
  if (shared === undefined || shared.length > 0) return false;
  return !together.some((system) => seen.every((scripts) => scripts.some((script) => system.has(script))));
}

function scriptsOf(letter: string): readonly string[] | typeof ANY_SCRIPT {
  let scripts = known.get(letter);
  if (scripts === undefined) {
    const named = SCRIPTS.filter((_, index) => matchers[index]!.test(letter));
    scripts = named.length > 0 ? named : NEUTRAL.test(letter) ? ANY_SCRIPT : ['other'];
    known.set(letter, scripts);
  }
  return scripts;
}
