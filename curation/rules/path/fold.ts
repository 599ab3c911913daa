/** Case folding of paths, so that a deny rule cannot be dodged by another spelling of the same letters. */

const ASCII_ONLY = /^[\0-\x7f]*$/;
const PRESENTATION = /[\uFE0E\uFE0F]/;
const EMOJI_PRESENTATION = /(?<=\p{Extended_Pictographic})[\uFE0E\uFE0F]+/gu;
const DOT_AFTER_I = /i\u0307+/g;
const folded = new Map<string, string>();

/**
 * Folds a path or a pattern for comparison: NFC, then full Unicode case folding (statuses C and F of CaseFolding.txt:
 * ß becomes ss, final sigma becomes sigma, the Kelvin sign becomes k), then U+0307 after `i` removed (İ becomes i),
 * then NFC again, which makes folding idempotent. Text or emoji presentation selectors after a pictograph go too.
 * Accepts any string; the result is for comparison only and never shown.
 */
export function foldPath(path: string): string {
  if (ASCII_ONLY.test(path)) return path.toLowerCase();
  let out = '';
  for (const character of withoutPresentation(path.normalize('NFC'))) {
    const known = folded.get(character);
    if (known !== undefined) {
      out += known;
      continue;
    }
    const fold = foldCharacter(character);
    folded.set(character, fold);
    out += fold;
  }
  return (out.includes('\u0307') ? out.replace(DOT_AFTER_I, 'i') : out).normalize('NFC');
}

/** Cuts the selectors that choose between text and emoji presentation: they change how a name looks, not which name it is. */
export function withoutPresentation(path: string): string {
  return PRESENTATION.test(path) ? path.replace(EMOJI_PRESENTATION, '') : path;
}

/**
 * Upper case first joins the characters that share a capital (ſ and s, ς and σ, K and k), lower case per character then
 * gives the fold of nearly all. Where folding is defined otherwise, CaseFolding.txt has four groups: capital sharp s,
 * dotless i, and the two blocks of small Cherokee letters, which fold to capitals.
 */
function foldCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x80) return character.toLowerCase();
  if (code === 0x1e9e) return 'ss';
  if (code === 0x131) return character;
  if (code >= 0x13a0 && code <= 0x13f5) return character;
  if (code >= 0x13f8 && code <= 0x13fd) return String.fromCodePoint(code - 8);
  if (code >= 0xab70 && code <= 0xabbf) return String.fromCodePoint(code - 0xab70 + 0x13a0);
  let out = '';
  for (const upper of character.toUpperCase()) out += upper.toLowerCase();
  return out;
}
