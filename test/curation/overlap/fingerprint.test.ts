import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  fingerprintKey,
  fingerprintsOf,
  guardPrints,
  normalisedFingerprintsOf,
  winnow,
  winnowNormalised,
} from '../../../curation/overlap/fingerprint.ts';
import { planGuard } from '../../../curation/overlap/plan.ts';

const key = fingerprintKey(new Uint8Array(32).fill(1));
const other = fingerprintKey(new Uint8Array(32).fill(2));
type Kind = typeof fingerprintsOf;
const all = (text: string, by = key, kind: Kind = fingerprintsOf): string[] => {
  const found: string[] = [];
  kind(text, by, (hi, lo) => void found.push(`${hi}:${lo}`));
  return found;
};
const names = (count: number, from = 0): string => Array.from({ length: count }, (_, i) => `name${from + i}`).join(' ');

describe('fingerprints', () => {
  it('are one for every run of 20 lexemes', () => {
    expect(all(names(20))).toHaveLength(1);
    expect(new Set(all(names(120))).size).toBe(101);
  });

  it('are the whole, its beginning and a mark of its length for 8 to 19 lexemes, and none below', () => {
    expect(all(names(7))).toEqual([]);
    for (const count of [8, 13, 19]) expect(all(names(count))).toHaveLength(3);
    expect(all(names(8))[0]).toBe(all(names(8, 500))[0]);
    expect(all(names(8))[2]).not.toBe(all(names(8, 500))[2]);
    // One beginning, whatever follows; a whole text of 8 is still told from it.
    expect(all(names(8))[1]).toBe(all(names(19))[1]);
    expect(new Set(all(names(8))).size).toBe(3);
  });

  it('depend on the key', () => {
    const mine = new Set(all(names(60)));
    expect(all(names(60), other).some((gram) => mine.has(gram))).toBe(false);
    expect(() => fingerprintKey(new Uint8Array(16))).toThrow(/32 bytes/);
  });

  it('are those of the same runs wherever they stand', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), (before, after) => {
        const found = new Set(all(`${names(before, 1000)} ${names(40)} ${names(after, 2000)}`));
        expect(all(names(40)).every((gram) => found.has(gram))).toBe(true);
      }),
    );
  });

  it('differ for every order and choice of lexemes', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 20_000; i++) seen.add(all(`${names(19)} other${i}`)[0]!);
    expect(seen.size).toBe(20_000);
  });

  it('do not change where the sink asks for fingerprints itself', () => {
    const found: string[] = [];
    fingerprintsOf(names(30), key, (hi, lo) => {
      found.push(`${hi}:${lo}`);
      fingerprintsOf(names(25, 77), key, () => undefined);
    });
    expect(found).toEqual(all(names(30)));
  });
});

describe('winnowing', () => {
  it('keeps a sixth of the runs and finds every shared run of 30 lexemes', () => {
    const text = names(6000);
    const kept = new Set(all(text, key, winnow));
    expect(kept.size / 5981).toBeGreaterThan(0.15);
    expect(kept.size / 5981).toBeLessThan(0.19);
    for (let from = 0; from + 30 <= 6000; from += 7) {
      expect(all(names(30, from)).some((gram) => kept.has(gram))).toBe(true);
    }
  });

  it('keeps one of a text of 20 lexemes and the whole of a shorter one', () => {
    expect(all(names(20), key, winnow)).toHaveLength(1);
    expect(all(names(12), key, winnow)).toEqual(all(names(12)));
  });

  it('keeps only runs that full fingerprinting has', () => {
    const full = new Set(all(names(300)));
    expect(all(names(300), key, winnow).every((gram) => full.has(gram))).toBe(true);
  });
});

describe('normalised fingerprints', () => {
  const code = (a: string, b: string): string =>
    `function ${a}(${b}) { const sum = ${b}.x + 17; if (sum > 3) { return ${a}(${b}.next); } for (const y of ${b}.all) { log("done", y); } }`;

  it('are the same where identifiers were renamed and nothing else', () => {
    const renamed = all(code('total', 'list'), key, normalisedFingerprintsOf);
    expect(renamed.length).toBeGreaterThan(0);
    expect(all(code('walk', 'node'), key, normalisedFingerprintsOf)).toEqual(renamed);
    expect(all(code('walk', 'node').replace('17', '18'), key, normalisedFingerprintsOf)).not.toEqual(renamed);
    expect(all(code('walk', 'node').replace('done', 'gone'), key, normalisedFingerprintsOf)).not.toEqual(renamed);
  });
});

describe('what private text leaves', () => {
  const prints = (text: string, mode: 'all' | 'winnow'): string[] =>
    all(text, key, (given, secret, sink) => guardPrints(given, secret, mode, sink));

  it('is every run and a sixth of the normalised ones, or a sixth of the runs', () => {
    const text = names(3000);
    const exact = all(text);
    const full = prints(text, 'all');
    expect(full.slice(0, exact.length)).toEqual(exact);
    const normalised = new Set(all(text, key, normalisedFingerprintsOf));
    expect(full.slice(exact.length).every((gram) => normalised.has(gram))).toBe(true);
    expect(full.slice(exact.length).some((gram) => exact.includes(gram))).toBe(false);
    expect(prints(text, 'winnow')).toEqual(all(text, key, winnow));
  });

  it('shows every copy of 50 lexemes with other names', () => {
    const code = (name: string) =>
      Array.from({ length: 60 }, (_, i) => `${name}${i} = ${i} + ${name}.${i % 3 ? 'x' : 'y'}(${i * 7});`).join('\n');
    const kept = new Set(all(code('a'), key, winnowNormalised));
    const lines = code('other').split('\n');
    // A line has 11 lexemes or more.
    for (let from = 0; from + 5 <= lines.length; from++) {
      const copy = lines.slice(from, from + 5).join('\n');
      expect(all(copy, key, normalisedFingerprintsOf).some((gram) => kept.has(gram))).toBe(true);
    }
  });
});

describe('the plan of a guard', () => {
  it('takes all runs while the filter fits and winnows beyond', () => {
    expect(planGuard(100e6, 1e9)).toMatchObject({ mode: 'all', fits: true });
    const winnowed = planGuard(1e9, 1e9);
    expect(winnowed).toMatchObject({ mode: 'winnow', fits: true });
    expect(winnowed.bytes).toBeLessThan(350e6);
    expect(planGuard(1e12, 1e9)).toMatchObject({ mode: 'winnow', fits: false });
    expect(planGuard(0, 1e9)).toMatchObject({ mode: 'all', expected: 1 });
  });
});
