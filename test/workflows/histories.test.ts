import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import proto from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { FAILURE_CONVERTER } from '../../worker/codec.ts';
import { PROJECT } from '../command.ts';

const FOLDER = join(PROJECT, 'test', 'histories');
const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.history.gz')) : [];

Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
});

/** Replays histories on the workflows as they are built; names of those that took another way. */
async function replay(
  histories: { workflowId: string; history: unknown }[],
  bundle: 'bundle' | 'traced' = 'bundle',
): Promise<string[]> {
  const failed: string[] = [];
  const options = {
    workflowBundle: { codePath: join(PROJECT, 'dist', `workflow-${bundle}.js`) },
    dataConverter: { failureConverterPath: FAILURE_CONVERTER },
  };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories as never))
    if (error) failed.push(`${workflowId}: ${error.message.slice(0, 300)}`);
  return failed;
}

function historyOf(name: string) {
  return proto.temporal.api.history.v1.History.decode(gunzipSync(readFileSync(join(FOLDER, name))));
}

describe('runs that began on an earlier build of the workflows', () => {
  it('go on as they began: thirty histories and more replay without a difference', async () => {
    expect(names.length).toBeGreaterThanOrEqual(30);
    for (const kind of [
      ...['curate-completed', 'curate-failed', 'curate-cancelled', 'measure-completed', 'nightly-completed'],
      ...['page-completed', 'page-failed', 'page-continued_as_new'],
      ...['erase-completed', 'recheck-completed', 'retention-completed', 'measure-cancelled'],
    ])
      expect(
        names.filter((name) => name.includes(kind)),
        kind,
      ).not.toEqual([]);
    expect(await replay(names.map((name) => ({ workflowId: name, history: historyOf(name) })))).toEqual([]);
  });

  it('go on so on a worker that is told to send traces, where nobody steered them', async () => {
    const unsteered = names.filter((name) => !name.startsWith('operators-'));
    const histories = unsteered.map((name) => ({ workflowId: name, history: historyOf(name) }));
    expect(await replay(histories, 'traced')).toEqual([]);
  });

  it('would be found if they did not: an activity of another name is a difference', async () => {
    const name = names.find((candidate) => candidate.includes('curate-completed'))!;
    const history = historyOf(name);
    const scheduled = history.events.find(({ activityTaskScheduledEventAttributes: found }) => found);
    scheduled!.activityTaskScheduledEventAttributes!.activityType!.name = 'another';
    expect(await replay([{ workflowId: name, history }])).toHaveLength(1);
  });
});
