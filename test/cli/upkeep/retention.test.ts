/** What goes when its time has passed: raw windows, stagings, ledgers, datasets; and that nothing else does. */
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import type { DueItem } from '../../../activities/retention/due.ts';
import type { AuditEntry } from '../../../storage/audit.ts';
import type { RetentionSummary } from '../../../workflows/retention.ts';
import { filesUnder, workplace } from '../../command.ts';

const place = workplace('retention');
const out = place.path('out');
const policy = place.path('policy.yaml');
const sample = ['--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts')];
const run = [...['run', ...sample, '--now', '2026-05-10T00:00:00Z'], ...['--policy', policy, '--out', out, '--json']];
const raw = [...['--input', place.path('raw', '{day}')], ...['--input', place.path('parts', '{year}', '{month}-{date}.jsonl')]]; // prettier-ignore
let first: RunSummary;
let last: string;

function write(path: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '{}\n');
}

/** A day and so many more, `YYYY-MM-DD`. */
function later(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

const retain = (now: string, ...more: string[]) =>
  place.garner('retention', '--policy', policy, '--out', out, '--now', now, ...more, '--json');
const due = (now: string, ...more: string[]) =>
  retain(now, '--dry-run', ...more)
    .stdout.split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as DueItem);

beforeAll(() => {
  writeFileSync(
    policy,
    'version: 1\npurpose: model-improvement\noutput: {name: completions, audience: [copilot-team]}\n' +
      'retention: {raw: 2d, staging: 3d, ledgers: 5d, datasets: 10d}\n',
  );
  place.garner('generate', '--events', '300', '--seed', '7', '--out', place.path('sample'));
  first = JSON.parse(place.garner(...run).stdout) as RunSummary;
  last = /_(\d{4}-\d\d-\d\d)-/.exec(first.version)![1]!;
});
afterAll(() => place.remove());

describe('garner retention', () => {
  it('counts whole days from the end of the last day that a thing tells of', () => {
    expect(due(later(last, 5))).toEqual([]);
    expect(due(later(last, 6)).map(({ kind }) => kind)).toEqual(['ledger']);
    expect(due(later(last, 10)).map(({ kind }) => kind)).toEqual(['ledger']);
    expect(due(later(last, 11)).map(({ kind }) => kind)).toEqual(['ledger', 'dataset']);
  });

  it('knows the days of raw events in any form of address, and names nothing else', () => {
    for (const path of ['2026-05-01/a.jsonl', '2026-05-01/deep/b.jsonl', '2026-05-04/a.jsonl', '2026-02-30/a.jsonl'])
      write(place.path('raw', path));
    for (const path of ['readme.txt', '2026-05-01x/a.jsonl']) write(place.path('raw', path));
    for (const path of ['2026/05-01.jsonl', '2026/05-01.jsonl.bak', '2025/12-31.jsonl'])
      write(place.path('parts', path));
    const found = due('2026-05-05', ...raw).flatMap((item) => (item.kind === 'raw' ? [item.day] : []));
    expect(found).toEqual(['2026-05-01', '2025-12-31', '2026-05-01']);
    expect(place.garner('retention', '--policy', policy, '--input', place.path('raw'), '--dry-run').status).toBe(2);
  });

  it('removes what is due, finds it gone, and leaves tombstone and audit entry', () => {
    const stale = join(out, 'runs', 'run-0123456789abcdef', 'admit', '0');
    write(stale);
    utimesSync(stale, 1_700_000_000, 1_700_000_000);
    const fresh = join(out, 'runs', 'run-fedcba9876543210', 'admit', '0');
    write(fresh);
    const now = later(last, 11);
    utimesSync(fresh, Date.parse(now) / 1000, Date.parse(now) / 1000);
    const { status, stdout, stderr } = retain(now, ...raw);
    expect([status, stderr]).toEqual([0, '']);
    const summary = JSON.parse(stdout) as RetentionSummary;
    expect(summary).toMatchObject({ remaining: [], datasets: [`completions/${first.version}`] });
    expect(summary.items).toEqual({ raw: 4, staging: 1, ledger: 1, dataset: 1 });
    expect(summary.keys).toBeGreaterThan(0);
    const folder = join(out, first.dataset);
    expect(filesUnder(folder)).toEqual([join(folder, 'TOMBSTONE.json')]);
    const tombstone = JSON.parse(readFileSync(join(folder, 'TOMBSTONE.json'), 'utf8')) as object;
    expect(tombstone).toMatchObject({ reason: 'retention', digest: first.digest, erasure: summary.retention });
    expect(existsSync(join(out, 'erasure', 'index', 'completions', first.version))).toBe(false);
    expect(existsSync(join(out, 'runs', first.runId))).toBe(false);
    expect([existsSync(stale), existsSync(fresh)]).toEqual([false, true]);
    expect(
      filesUnder(place.path('raw'))
        .map((file) => file.slice(place.path('raw').length + 1))
        .sort(),
    ).toEqual(['2026-02-30/a.jsonl', '2026-05-01x/a.jsonl', 'readme.txt']);
    expect(filesUnder(place.path('parts'))).toEqual([place.path('parts', '2026', '05-01.jsonl.bak')]);
    const entry = JSON.parse(place.garner('audit', 'show', '--what', 'retention', '--json').stdout) as AuditEntry;
    expect(entry).toMatchObject({ subject: 'completions', details: { remaining: 0, keys: summary.keys } });
    expect(due(now, ...raw)).toEqual([]);
  });

  it('does not let a version that is past its age be published again', () => {
    const { status, stderr } = place.garner(...run);
    expect([status, stderr]).toEqual([3, expect.stringContaining('was taken back (retention)')]);
    expect(filesUnder(join(out, first.dataset)).length).toBe(1);
  });

  it('asks for an age, since what has none is kept', () => {
    const { status, stderr } = place.garner('retention', '--out', out);
    expect([status, stderr]).toEqual([2, expect.stringContaining('retention: names no age')]);
  });
});
