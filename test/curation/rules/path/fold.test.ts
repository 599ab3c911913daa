import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldPath } from '../../../../curation/rules/path/path.ts';

/** No character beyond this plane's start has a case. */
const LAST_CASED = 0x1ffff;

describe('foldPath', () => {
  it.each([
    ['PRİVATE', 'private'],
    ['PRI\u0307VATE', 'private'],
    ['Straße', 'strasse'],
    ['STRAẞE', 'strasse'],
    ['ſecret', 'secret'],
    ['\u212Aey', 'key'],
    ['\u212Bngstrom', 'ångstrom'],
    ['ΣΑΣ', 'σασ'],
    ['σας', 'σασ'],
    ['ﬁle', 'file'],
    ['oﬃce', 'office'],
    ['ﬆyle', 'style'],
    ['ŉ', 'ʼn'],
    ['ǰ', 'ǰ'],
    ['ǅ', 'ǆ'],
    ['և', 'եւ'],
    ['µ', 'μ'],
    ['ϐϑϕϖϰϱϵ', 'βθφπκρε'],
    ['ᾈ', 'ἀι'],
    ['ᾼ', 'αι'],
    ['ﬗ', 'մխ'],
    ['Ꭰ', 'Ꭰ'],
    ['ꭰ', 'Ꭰ'],
    ['ꮿ', 'Ꮿ'],
    ['ᏸ', 'Ᏸ'],
    ['ı', 'ı'],
    ['𐐀', '𐐨'],
    ['Ⓐ', 'ⓐ'],
    ['Ⅷ', 'ⅷ'],
    ['CAFE\u0301', 'café'],
    ['ẛ\u0323', 'ṩ'],
    ['❤\uFE0F', '❤'],
  ])('folds %j to %j', (text, expected) => {
    expect(foldPath(text)).toBe(expected.normalize('NFC'));
  });

  it('agrees with CaseFolding.txt on how many characters fold', () => {
    // Unicode 14 has 1,530 characters with a C or F mapping; later versions only add.
    let folding = 0;
    for (let code = 0; code <= LAST_CASED; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      if (character === character.normalize('NFC') && foldPath(character) !== character) folding++;
    }
    expect(folding).toBeGreaterThan(1400);
    expect(folding).toBeLessThan(1700);
  });

  it('is idempotent for every character and every string', () => {
    for (let code = 0; code <= LAST_CASED; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const once = foldPath(String.fromCodePoint(code));
      if (foldPath(once) !== once) expect.fail(`U+${code.toString(16)}`);
    }
    const units = fc.constantFrom('i', 'I', 'İ', '\u0307', '\u0301', '\u0323', 'ß', 'ΐ', '\u0345', 'α', 'ᾼ', 'ſ', 'ǰ', '❤', '\uFE0F', 'Σ', 'J', '\u030c'); // prettier-ignore
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 12 }),
          fc.array(units).map((parts) => parts.join('')),
        ),
        (text) => {
          expect(foldPath(foldPath(text))).toBe(foldPath(text));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('gives upper, lower and decomposed spellings the same fold', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aZéÉßσΣжЖıöÖ/.-ﬁ') }), (text) => {
        const dotless = text.replaceAll('ı', '');
        expect(foldPath(dotless.toUpperCase())).toBe(foldPath(dotless));
        expect(foldPath(dotless.toLowerCase())).toBe(foldPath(dotless));
        expect(foldPath(text.normalize('NFD'))).toBe(foldPath(text));
      }),
    );
  });
});
