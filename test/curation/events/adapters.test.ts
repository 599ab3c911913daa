import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt, detectFormat, type FormatName } from '../../../curation/events/adapters.ts';
import { toCanonical } from '../../../curation/events/canonical.ts';
import { precedence } from '../../../curation/verdict.ts';

const GARNER = { id: 'e', type: 'shown', time: '2026-05-01T10:00:00Z', suggestionId: 's', user: { id: 'u' } };
const COPILOT = {
  name: 'copilot/ghostText.shown',
  time: GARNER.time,
  properties: { headerRequestId: 'r' },
  measurements: {},
};
const CONTINUE = { eventName: 'autocomplete', timestamp: GARNER.time, completionId: 'c', accepted: true };
const OLD_CONTINUE = { timestamp: GARNER.time, completionId: 'c', completion: 'x', accepted: true };
const TABBY = { ts: 1777886000123, event: { view: { completion_id: 'c' } } };

describe('the format of a source', () => {
  it.each<[string, Record<string, unknown>[], FormatName | null]>([
    ['garner', [GARNER], 'garner'],
    ['copilot', [COPILOT], 'copilot'],
    ['continue', [CONTINUE], 'continue'],
    ['continue 0.1.0', [OLD_CONTINUE], 'continue'],
    ['continue, wrapped', [{ name: 'autocomplete', data: CONTINUE }], 'continue'],
    ['continue, another kind', [{ eventName: 'toolUsage', timestamp: GARNER.time }], 'continue'],
    ['continue, tokens of 0.1.0', [{ timestamp: GARNER.time, promptTokens: 1, generatedTokens: 2 }], 'continue'],
    ['tabby', [TABBY], 'tabby'],
    ['one format after records of none', [{}, { a: 1 }, COPILOT, COPILOT], 'copilot'],
    ['several formats', [GARNER, TABBY], null],
    ['none', [{ a: 1 }], null],
    ['nothing', [], null],
  ])('%s', (_name, first, format) => {
    expect(detectFormat(first)).toBe(format);
  });
});

describe('every adapter', () => {
  const formats: FormatName[] = ['garner', 'copilot', 'continue', 'tabby'];
  /** Values of every type, where each of a record's fields may stand. */
  const any = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(
      null,
      '',
      -1,
      0.5,
      1e300,
      '5',
      [],
      {},
      [null],
      'accepted',
      'ghostText.accepted',
      GARNER.time,
      '[SUFFIX]',
    ),
  );
  const spoilt = (record: Record<string, unknown>) =>
    fc.tuple(fc.constantFrom(...paths(record)), any).map(([path, value]) => replaced(record, path, value));

  it('gives events or a reason that rejects or passes over the record, whatever stands in a field', () => {
    const prompt = {
      promptJson: '{"prefix":"# Path: a.py","context":[]}',
      promptSuffixJson: '""',
      completionTextJson: '"x"',
    };
    const records = [
      COPILOT,
      ...['engine.prompt', 'engine.completion', 'ghostText.accepted', 'ghostText.stillInCode', 'provideInlineEdit'].map(
        (name) => ({
          ...COPILOT,
          name,
          properties: {
            ...prompt,
            headerRequestId: 'r',
            choiceIndex: '0',
            compType: 'partial',
            acceptance: 'rejected',
            repositoryUrls: [],
            sku: 'x',
            gitRepoUrl: 'u',
            gitRepoOwner: 'a',
            gitRepoName: 'b',
            editor_version: 'v',
          },
          measurements: { timeout: 30, relativeLexEditDistance: 1, isShown: 1 },
        }),
      ),
      GARNER,
      {
        ...CONTINUE,
        prefix: '# Path: a',
        suffix: '',
        completion: '',
        filepath: 'file:///a',
        gitRepo: 'a/b',
        userAgent: 'x/1',
        time: 1,
        userId: 'u',
      },
      {
        ...CONTINUE,
        eventName: 'nextEditOutcome',
        timestamp: 1777886000123,
        fileUri: 'file:///a/b',
        workspaceDirUri: 'file:///a',
        userEdits: [],
      },
      TABBY,
      {
        ...TABBY,
        event: {
          completion: {
            completion_id: 'c',
            prompt: '',
            segments: { declarations: [{ filepath: '', body: '' }], git_url: '' },
            choices: [{ index: 0, text: '' }],
          },
        },
      },
    ];
    fc.assert(
      fc.property(fc.oneof(...records.map(spoilt)), fc.constantFrom(...formats), (record, format) => {
        const adapted = adapt(format, record, 'd'.repeat(64), { roots: ['/a'], continueHost: 'h' });
        if (adapted.kind === 'reason') {
          expect(precedence(adapted.reason) <= precedence('schema') || adapted.reason === 'not_feedback').toBe(true);
          expect(adapted.rule).toMatch(/^(copilot|continue|tabby)\.[\w.[\]*: ]+$/);
        } else {
          expect(adapted.candidates.length).toBeGreaterThan(0);
          for (const candidate of adapted.candidates) {
            const valid = toCanonical(candidate);
            if (!valid.ok) expect(precedence(valid.reason)).toBeLessThanOrEqual(precedence('schema'));
          }
        }
      }),
      { numRuns: 4_000 },
    );
  });
});

function paths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, item]) => paths(item, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

function replaced(record: Record<string, unknown>, path: string[], value: unknown): Record<string, unknown> {
  const copy = structuredClone(record);
  let at: Record<string, unknown> = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[path.at(-1)!] = value;
  return copy;
}
