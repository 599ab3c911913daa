import { describe, expect, it } from 'vitest';
import { buildIndex, Contamination } from '../../../../curation/selection/text/contamination.ts';

const docs = [
  {
    id: 'long',
    text: 'Write a function that counts how often each vowel stands in a given sentence and returns a table.',
  },
  { id: 'short', text: 'Sort a list of pairs by their second member first.' },
  { id: 'tiny', text: 'Reverse a list.' },
];

describe('the contamination index', () => {
  const index = buildIndex(docs);

  it.each([
    ['a whole problem in a comment', `# ${docs[0]!.text}\ndef f(s): pass`, true],
    [
      '13 words of it in other layout and case',
      'COUNTS how\n  often-each vowel: stands in a given\n sentence and returns a',
      true,
    ],
    ['12 words of it', 'counts how often each vowel stands in a given sentence and returns', false],
    ['all 10 words of a short one', 'def g(): """sort a list of pairs by their second member first"""', true],
    ['9 words of a short one', 'sort a list of pairs by their second member', false],
    ['one too short to be in', 'reverse a list', false],
    ['other text', 'for i in range(10): print(i)', false],
    ['nothing', '', false],
  ])('on %s', (_, text, expected) => expect(index.hits(text)).toBe(expected));

  it('names what is too short to be in it', () => expect(Contamination.build(docs).tooShort).toEqual(['tiny']));

  it('is the same bytes for any order of documents, and answers alike when read again', () => {
    const bytes = index.toBytes();
    expect(buildIndex([...docs].reverse()).toBytes()).toEqual(bytes);
    expect(Contamination.fromBytes(bytes).hits(docs[0]!.text)).toBe(true);
    expect(Contamination.fromBytes(bytes).size).toBe(index.size);
  });

  it('holds no text', () => expect(Buffer.from(index.toBytes()).toString('latin1')).not.toMatch(/vowel|function/i));

  it('refuses cut bytes', () =>
    expect(() => Contamination.fromBytes(index.toBytes().subarray(0, 20))).toThrow(/build it again/));
});
