/** Who belongs to which arm of an experiment, over rows in a database. */
import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../curation/measurement/experiment/definition.ts';
import { experimentUsers } from '../../../curation/measurement/experiment/users.ts';
import { outcome, withRows } from './database.ts';

const experiment: Experiment = {
  ...{ name: 'bold', control: 'control', start: 1000, end: 2000, preDays: 0, horizon: 'fixed', plannedUsers: 4 },
  arms: [
    { name: 'control', strategies: ['a', 'a2'], share: 1 },
    { name: 'bold', strategies: ['b'], share: 1 },
  ],
  primary: { measure: 'acceptance_rate', better: 'higher', effect: 0.02 },
  guardrails: [],
  alpha: 0.05,
};
const row = (user: string, strategy: string, time: number, accepted: number) =>
  outcome({ user, strategy, time, shown: 1, read: 1, accepted });

describe('users of an experiment', () => {
  const rows = [
    ...[row('one', 'a', 1100, 1), row('one', 'a2', 1200, 0)],
    ...[row('both', 'a', 1100, 1), row('both', 'b', 1999, 1), row('both', 'other', 1500, 1)],
    row('two', 'b', 1000, 1),
    // Another arm before the start, or from the end on, is none of the experiment.
    ...[row('early', 'a', 999, 1), row('early', 'b', 1500, 0), row('early', 'a', 2000, 1)],
    row('nobody', 'other', 1500, 1),
  ];
  const read = withRows(rows, 'strategy-assessment', async (db, source) => ({
    users: await experimentUsers(db, source, experiment),
    placed: await db.rows<{ example: string; use: string }>('SELECT example, "use" FROM placed'),
  }));

  it('who were seen in two arms are counted, and no figure of any arm holds them', async () => {
    const { users } = await read;
    expect(users.severalArms).toBe(1);
    const sums = users.arms.map(({ name, users: people, measures }) => {
      const { x, y } = measures.get('acceptance_rate')!;
      const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
      return [name, people, sum(x), sum(y)];
    });
    expect(sums).toEqual([
      ['control', 1, 1, 2],
      ['bold', 2, 1, 2],
    ]);
  });

  it('all rows of somebody in two arms are excluded as several_arms, and each row has one use', async () => {
    const { placed } = await read;
    const uses = new Map(placed.map(({ example, use }) => [Number(example), use]));
    expect(placed).toHaveLength(rows.length);
    expect(rows.map((_, at) => uses.get(at))).toEqual([
      ...['experiment', 'experiment', 'several_arms', 'several_arms', 'several_arms', 'experiment'],
      ...['not_in_experiment', 'experiment', 'not_in_experiment', 'not_in_experiment'],
    ]);
  });
});
