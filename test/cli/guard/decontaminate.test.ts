import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { filesUnder, workplace } from '../../command.ts';

const place = workplace('decontaminate');
const policy = (selection: string) => {
  writeFileSync(
    place.path('policy.yaml'),
    `version: 1\npurpose: model-improvement\noutput: {name: x, audience: [copilot-team]}\n${selection}\n`,
  );
  const input = ['--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts')];
  return place.garner(
    ...[
      'run',
      ...input,
      '--now',
      '2026-05-10',
      '--policy',
      place.path('policy.yaml'),
      '--out',
      place.path('out'),
      '--json',
      '--plain',
    ],
  );
};

beforeAll(() => {
  place.garner('generate', '--events', '1000', '--seed', '7', '--out', place.path('sample'));
});
afterAll(() => place.remove());

describe('garner decontaminate index', () => {
  it('makes hashes of a benchmark that keep what repeats it out of a dataset', () => {
    const texts = filesUnder(place.path('sample', 'events'))
      .filter((file) => file.endsWith('.jsonl'))
      .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
      .flatMap((line) => /"completion":("(?:[^"\\]|\\.)*")/.exec(line)?.[1] ?? [])
      .map((text) => JSON.parse(text) as string)
      .filter((text) => (text.match(/\w+/g) ?? []).length > 15);
    const bench = texts.map((solution, task) => JSON.stringify({ task_id: `T/${task}`, prompt: 'short', solution }));
    writeFileSync(place.path('bench.jsonl'), bench.join('\n'));
    const made = place.garner(
      'decontaminate',
      'index',
      '--input',
      place.path('bench.jsonl'),
      '--out',
      place.path('bench.index'),
      '--json',
    );
    expect(made.status).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ documents: 2 * texts.length, tooShort: texts.length });
    const index = readFileSync(place.path('bench.index'));
    for (const text of texts.slice(0, 50)) expect(index.includes(text.slice(0, 12))).toBe(false);

    const without = JSON.parse(policy('').stdout) as RunSummary;
    const { status, stdout } = policy('selection: {decontaminate: [bench.index]}');
    expect(status).toBe(0);
    const summary = JSON.parse(stdout) as RunSummary;
    expect(summary.reasons['contaminated']).toBeGreaterThan(0);
    expect(summary.examples).toBeLessThan(without.examples);
    expect(summary.records).toBe(without.records);
  }, 600_000);

  it('is asked of files that are no index, or no benchmark, in vain', () => {
    writeFileSync(place.path('text'), 'no index');
    const { status, stderr } = policy('selection: {decontaminate: [text]}');
    expect([status, stderr]).toEqual([2, expect.stringContaining('policy.yaml:4 selection.decontaminate')]);
    const bad = place.garner('decontaminate', 'index', '--input', place.path('text'), '--out', place.path('never'));
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('text:1: is no JSON object')]);
  });
});
