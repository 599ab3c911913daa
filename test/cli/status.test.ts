import { describe, expect, it } from 'vitest';
import { statusText } from '../../cli/runs/status.ts';
import { emptyTally } from '../../curation/stages/ledger.ts';
import type { Progress } from '../../workflows/run/messages.ts';

const progress: Progress = {
  ...{ run: 'run-1', stage: 'admit', paused: false, finished: 12, total: 24, running: 2, records: 3_000 },
  ...{ out: emptyTally(), startedAt: 0, stageStartedAt: 20_000, failures: [], pages: [], decisions: [] },
  approval: { required: false },
};
const lines = (status: string, change: Partial<Progress> = {}, now = 30_000) =>
  statusText({ run: 'run-1', status, progress: { ...progress, ...change }, retrying: [] }, now).split('\n');

describe('what an operator is shown of a run', () => {
  it('is how fast it reads, of the stage that reads, on lines of a terminal', () => {
    expect(lines('running').slice(0, 3)).toEqual([
      'run-1  running',
      'admit     [############------------] 12/24  3,000 records, 10 s left',
      '  300 records a second',
    ]);
    expect(lines('running', { stage: 'gather', total: 0 }).join()).not.toContain('a second');
  });

  it('is no time left while it is paused, and whose turn it is while it waits for approval', () => {
    expect(lines('running', { paused: true })[1]).toBe(
      'admit     [############------------] 12/24  3,000 records  PAUSED',
    );
    expect(lines('running', { stage: 'approval' })).toContain('  publication waits: garner approve run-1 --why …');
  });

  it('is no stage once it has ended', () => {
    expect(lines('completed', { stage: 'approval' })).toEqual(['run-1  completed', '  3,000 records', '']);
  });
});
