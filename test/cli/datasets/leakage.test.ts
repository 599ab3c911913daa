/** A copy in another split is found by whoever has the rows. */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publish } from '../../../activities/publish/publish.ts';
import { render } from '../../../activities/publish/render.ts';
import { linesOf } from '../../../activities/run/container.ts';
import type { CurateInput, RunSummary } from '../../../activities/types.ts';
import { storeSettings } from '../../../activities/run/settings.ts';
import { judgeHere } from '../../../activities/whole.ts';
import { parseManifest } from '../../../curation/proof/dsse.ts';
import { SPLITS, type Decision } from '../../../curation/selection/policy.ts';
import { signature } from '../../../curation/selection/text/minhash.ts';
import { filesUnder, workplace } from '../../command.ts';

const place = workplace('leakage');
const policy = place.path('policy.yaml');

beforeAll(() => {
  writeFileSync(
    policy,
    'version: 1\npurpose: model-improvement\noutput: {name: lines, formats: [kto], files: jsonl, audience: [copilot-team], fields: {user: [copilot-team], license: [copilot-team, model-partner]}}\n' +
      'selection: {nearDuplicates: {minLexemes: 8}, splits: {train: 0.4, validation: 0.3, test: 0.3}}\n',
  );
  place.garner('generate', '--events', '1000', '--seed', '7', '--out', place.path('sample'));
});
afterAll(() => place.remove());
const lexemesOf = (row: string) => signature((JSON.parse(row) as { completion: string }).completion).lexemes;

describe('near-duplicates across splits', () => {
  it('are attested as none, and found where a row was copied into another split', () => {
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
    expect(Object.keys(predicate)).toContain('fields');
    expect(predicate.leakage).toEqual({ hits: 0, minLexemes: 8, bands: 14, rows: 8 });
    expect(place.garner('verify', folder).status).toBe(0);
    const [row] = readFileSync(join(folder, 'data', 'kto', 'train-00000-of-00001.jsonl'), 'utf8').split('\n', 1);
    expect(Object.keys(JSON.parse(row!) as object).slice(-2)).toEqual(['user', 'license']);
    expect(JSON.parse(row!)).toMatchObject({ user: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
    const card = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(card).toContain('There is no path of its document or repository in any row.');
    const file = (split: string) => join(folder, 'data', 'kto', `${split}-00000-of-00001.jsonl`);
    // Which split holds the texts long enough to count hangs on the run's own keys.
    const rows = SPLITS.filter((split) => existsSync(file(split))).flatMap((split) =>
      readFileSync(file(split), 'utf8').trim().split('\n'),
    );
    const [longest] = rows.sort((a, b) => lexemesOf(b) - lexemesOf(a));
    const { split } = JSON.parse(longest!) as { split: string };
    const other = SPLITS.find((one) => one !== split && existsSync(file(one)))!;
    appendFileSync(file(other), longest!.replace(`"split":"${split}"`, `"split":"${other}"`) + '\n');
    expect(place.garner('verify', folder).stdout).toContain('Rows of two splits are near-duplicates: 14 bands');
  });

  it('keep a version from becoming visible, and leave nothing of it', async () => {
    const out = place.path('refused');
    const text = readFileSync(policy, 'utf8');
    const again = place.path('again.jsonl');
    const events = readdirSync(place.path('sample', 'events')).filter((name) => name.endsWith('.jsonl'));
    const lines = events.flatMap((name) => readFileSync(place.path('sample', 'events', name), 'utf8').split('\n'));
    // Every suggestion once more, under another name: selection takes it out as a copy.
    writeFileSync(again, lines.join('\n').replace(/"(suggestionId|requestId)":"/g, '"$1":"again-'));
    const settings = { policy: { file: 'policy.yaml', text }, access: null, local: true };
    const [run, keys, scratch] = ['run-0123456789abcdef', place.path('refused-keys'), place.path('scratch')];
    const input: CurateInput = {
      ...{
        run,
        out,
        inputs: [place.path('sample', 'events'), again],
        format: 'auto',
        facts: place.path('sample', 'facts'),
      },
      ...{ now: Date.parse('2026-05-10T00:00:00Z'), window: null, plain: true, concurrency: 1, shardBytes: 1 << 26 },
      ...{ actor: 'tester', approval: 'automatic', purpose: 'model-improvement', onFailure: 'fail' },
      settings: await storeSettings(out, run, settings, keys),
    };
    const judged = await judgeHere(input, { scratch, keys });
    const { stage, assembled, selected } = judged;
    const parts: Buffer[] = [];
    let planted = 0;
    for (const bucket of assembled.keys()) {
      const decisions = [...linesOf<Decision>(await stage.reader.read(selected.ref, bucket))];
      const turned = decisions.map((one): Decision =>
        // What selection took out as a copy goes into each split in turn: its twin can be in one of them alone.
        one.reason === 'near_duplicate'
          ? { example: one.example, keep: true, split: SPLITS[planted++ % 3]!, component: 'planted' }
          : one,
      );
      parts.push(gzipSync(turned.map((line) => JSON.stringify(line) + '\n').join('')));
    }
    expect(planted).toBeGreaterThan(2);
    const decisions = await stage.write('select/planted', parts);
    const buckets = assembled.map(({ ref }, bucket) => ({ bucket, ref }));
    const rendered = [
      await render({ part: 0, buckets, all: buckets.map(({ ref }) => ref), decisions, plain: true }, stage),
    ];
    const publishing = publish({ ...judged, rendered, plain: true, actor: 'tester', approvedBy: null }, stage);
    await expect(publishing).rejects.toThrow('the splits share near-duplicates');
    const left = filesUnder(out).map((file) => relative(out, file));
    expect(left.filter((file) => !file.startsWith('runs'))).toEqual([]);
    expect(left.filter((file) => /README|manifest|run\.json/.test(file))).toEqual([]);
    expect(existsSync(join(keys, 'audit'))).toBe(false);
  });
});
