/** What the knobs of selection would do is shown, and nothing is written. */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SelectionEffect } from '../../../activities/curate/effect.ts';
import type { RunSummary } from '../../../activities/types.ts';
import { filesUnder, workplace } from '../../command.ts';

const place = workplace('select');
const policy = place.path('policy.yaml');
const input = ['--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts')];
const SELECTION =
  'selection: {bounds: {perUser: 2, perRepository: 2}, balance: {perLanguage: 3, maxNegativesPerPositive: 0.5}}';
const select = (...more: string[]) =>
  place.garner('select', ...input, '--now', '2026-05-10T00:00:00Z', '--policy', policy, ...more);

beforeAll(() => {
  writeFileSync(
    policy,
    'version: 1\npurpose: model-improvement\noutput: {name: x, audience: [copilot-team]}\n' + `${SELECTION}\n`,
  );
  place.garner('generate', '--events', '600', '--seed', '7', '--out', place.path('sample'));
});
afterAll(() => place.remove());

describe('garner select --dry-run', () => {
  it('shows each knob in its turn and alone, adding up to what is kept', () => {
    const { status, stdout, stderr } = select('--dry-run', '--json');
    expect([status, stderr]).toEqual([0, '']);
    const { knobs, counts } = JSON.parse(stdout) as SelectionEffect;
    expect(knobs[0]!.before).toBe(counts['examples']);
    knobs.slice(1).forEach((knob, at) => expect(knob.before).toBe(knobs[at]!.after));
    expect(knobs.at(-1)!.after).toBe(counts['kept']);
    const out = (rule: string) => knobs.find((knob) => knob.rule === `selection.${rule}`)!;
    expect(out('bounds.perRepository').alone).toBeGreaterThan(out('bounds.perRepository').out);
    expect(out('balance.perLanguage').setting).toBe('3');
    expect(knobs.reduce((sum, knob) => sum + knob.out, 0)).toBe(counts['examples']! - counts['kept']!);
    expect(existsSync(place.path('garner-out'))).toBe(false);
  });

  it('publishes nothing without being told that it is a try', () => {
    expect(select().status).toBe(2);
  });
});

describe('garner select --dry-run --run', () => {
  const own = place.path('own.yaml');
  const ofRun = (run: string, ...more: string[]) =>
    place.garner('select', '--dry-run', '--run', run, '--out', place.path('out'), '--json', ...more);

  it('shows of a run that waits, and of the same when it is finished, what its own dataset says', async () => {
    const output = 'output: {name: own, formats: [kto], files: jsonl, audience: [copilot-team]}';
    writeFileSync(own, `version: 1\npurpose: model-improvement\n${output}\napproval: required\n${SELECTION}\n`);
    const at = [...input, '--now', '2026-05-10T00:00:00Z', '--policy', own, '--out', place.path('out')];
    const child = place.start('run', ...at, '--plain', '--json', '--by', 'ann');
    let stdout = '';
    child.stdout!.on('data', (data) => (stdout += String(data)));
    const ended = once(child, 'close');
    const runs = place.path('out', 'runs');
    const settled = () => existsSync(runs) && filesUnder(runs).some((file) => /ledger.basis-[^.]*$/.test(file));
    while (!settled() && child.exitCode === null) await sleep(200);
    const [run] = readdirSync(runs).filter((name) => name.startsWith('run-'));
    const waiting = ofRun(run!);
    expect([waiting.status, waiting.stderr]).toEqual([0, '']);
    for (;;) {
      const { status, stderr } = place.garner('approve', run!, '--by', 'bob', '--why', 'read', '--out', place.path('out')); // prettier-ignore
      if (status === 0) break;
      if (child.exitCode !== null) throw new Error(stderr);
      await sleep(200);
    }
    await ended;
    const { dataset, examples } = JSON.parse(stdout) as RunSummary;
    const finished = ofRun(run!);
    expect(finished).toEqual(waiting);

    const { knobs, counts } = JSON.parse(finished.stdout) as SelectionEffect;
    expect(counts['kept']).toBe(examples);
    const croissant = JSON.parse(readFileSync(join(place.path('out'), dataset, 'croissant.json'), 'utf8')) as {
      'rai:dataManipulationProtocol': string[];
    };
    const left = (rule: string) => knobs.find((knob) => knob.rule === rule)!.after;
    expect(croissant['rai:dataManipulationProtocol']).toEqual(
      [
        ['labelled', counts['examples']],
        ['conflicting_labels', counts['conflicting_labels'] && left('selection.conflictingLabels')],
        ['near_duplicate', counts['near_duplicate'] && left('selection.nearDuplicates')],
        ['contribution_bound', left('selection.bounds.perRepository')],
        ['balanced_out', counts['kept']],
      ].flatMap(([step, number]) => (number ? [`${step}: ${number} examples left`] : [])),
    );
    expect(counts['contribution_bound']).toBeGreaterThan(0);
    expect(counts['balanced_out']).toBeGreaterThan(0);
    const rows = ['train', 'validation', 'test'].map((split) => counts[split] ?? 0);
    const files = filesUnder(join(place.path('out'), dataset, 'data'));
    const lines = (split: string) =>
      files
        .filter((file) => file.includes(`/${split}-`))
        .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'));
    expect(['train', 'validation', 'test'].map((split) => lines(split).length)).toEqual(rows);
  });

  it('says what is another by now, and what belongs to files alone', () => {
    const [run] = readdirSync(place.path('out', 'runs')).filter((name) => name.startsWith('run-'));
    expect(ofRun('run-0000000000000000').stderr).toMatch(/no run run-0+ that is finished or waits/);
    expect(ofRun(run!, '--policy', own)).toMatchObject({ status: 2 });
    expect(ofRun(run!, '--input', own)).toMatchObject({ status: 2 });
    const facts = ofRun(run!, '--facts', place.path('sample', 'events'));
    expect(facts).toMatchObject({ status: 2, stdout: '' });
    const [source] = filesUnder(place.path('sample', 'events'));
    appendFileSync(source!, '\n');
    const changed = ofRun(run!);
    expect(changed.status).toBe(2);
    expect(changed.stderr).toMatch(/has changed since run-[0-9a-f]{16} read it/);
  });
});
