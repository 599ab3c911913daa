/** A copy in another split is found by whoever has the rows. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../activities/types.ts';
import { parseManifest } from '../../curation/proof/dsse.ts';
import { workplace } from '../command.ts';

const place = workplace('leakage');
afterAll(() => place.remove());
const lengthOf = (row: string) => (JSON.parse(row) as { completion: string }).completion.length;

describe('near-duplicates across splits', () => {
  it('are attested as none, and found where a row was copied into another split', () => {
    const policy = place.path('policy.yaml');
    writeFileSync(
      policy,
      'version: 1\npurpose: model-improvement\noutput: {name: lines, formats: [kto], files: jsonl, audience: [copilot-team]}\n' +
        'selection: {nearDuplicates: {minLexemes: 8}, splits: {train: 0.4, validation: 0.3, test: 0.3}}\n',
    );
    place.garner('generate', '--events', '1000', '--seed', '7', '--out', place.path('sample'));
    const input = ['--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts')];
    const now = ['--now', '2026-05-10T00:00:00Z'];
    const made = place.garner(
      'run',
      ...input,
      ...now,
      '--policy',
      policy,
      '--out',
      place.path('out'),
      '--plain',
      '--json',
    );
    expect([made.status, made.stderr]).toEqual([0, '']);
    const folder = join(place.path('out'), (JSON.parse(made.stdout) as RunSummary).dataset);
    const [statement] = parseManifest(readFileSync(join(folder, 'manifest.dsse.json'), 'utf8')).envelopes;
    const { predicate } = JSON.parse(Buffer.from(statement!.payload, 'base64').toString()) as {
      predicate: { leakage: object };
    };
    expect(predicate.leakage).toEqual({ hits: 0, minLexemes: 8, bands: 14, rows: 8 });
    expect(place.garner('verify', folder).status).toBe(0);
    const file = (split: string) => join(folder, 'data', 'kto', `${split}-00000-of-00001.jsonl`);
    const [longest] = readFileSync(file('train'), 'utf8')
      .trim()
      .split('\n')
      .sort((a, b) => lengthOf(b) - lengthOf(a));
    appendFileSync(file('test'), longest!.replace('"split":"train"', '"split":"test"') + '\n');
    expect(place.garner('verify', folder).stdout).toContain('Rows of two splits are near-duplicates: 14 bands');
  });
});
