/** Two builds of the program side by side: a run ends on the build it began on, while the current one serves those that come. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { findServer } from '../../../worker/server/program.ts';
import { PROJECT } from '../../command.ts';
import { Site, type Ended, type Running } from '../site/site.ts';

const site = new Site();
const DEPLOYMENT = 'garner';
let builds: { old: string; fresh: string };
let policy: string;

const buildOf = (folder: string) =>
  (JSON.parse(readFileSync(join(folder, 'dist', 'build.json'), 'utf8')) as { source: string }).source.slice(0, 12);

/** The program as another build would be: the same code under another digest. */
function anotherBuild(): string {
  const folder = site.path('fresh');
  mkdirSync(folder);
  for (const part of ['dist', 'config', 'package.json'])
    cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'dist', 'build.json'), JSON.stringify({ source: 'f'.repeat(64) }));
  return folder;
}

beforeAll(async () => {
  await site.open(300, 31);
  policy = site.path('approval.yaml');
  const text = readFileSync(join(PROJECT, 'config', 'policy.yaml'), 'utf8');
  writeFileSync(policy, text.replace('approval: automatic', 'approval: required'));
  const fresh = anotherBuild();
  builds = { old: buildOf(PROJECT), fresh: buildOf(fresh) };
});
afterAll(() => site.close());

/** The command that docs/operations.md names. The server knows a version once its first worker polls. */
async function makeCurrent(build: string): Promise<void> {
  const args = ['worker', 'deployment', 'set-current-version', '--deployment-name', DEPLOYMENT, '--build-id', build];
  for (let tries = 0; ; tries++) {
    const { status, stderr } = spawnSync(findServer()!, [...args, '--yes', '--address', site.server.address]);
    if (status === 0) return;
    if (tries === 30) throw new Error(String(stderr));
    await sleep(1_000);
  }
}

/** Build ids of the versions that the workflows of a run are on, the run's own first. */
async function buildsOf(run: string): Promise<(string | undefined)[]> {
  return site.withClient(async (client) => {
    const found: (string | undefined)[] = [];
    for await (const { workflowId } of client.workflow.list({ query: `RootWorkflowId = "${run}"` })) {
      const { raw } = await client.workflow.getHandle(workflowId).describe();
      const build = raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
      if (workflowId === run) found.unshift(build);
      else found.push(build);
    }
    return found;
  });
}

const command = (...args: string[]): Promise<Ended> =>
  site.start([...args, '--address', site.server.address, '--keys', site.keys]).ended;

async function untilApproval(): Promise<string> {
  for (let tries = 0; tries < 120; tries++) {
    const { stdout } = await command(
      'list',
      '--json',
      '--where',
      'GarnerStage = "approval" AND ExecutionStatus = "Running"',
    );
    if (stdout) return (JSON.parse(stdout.split('\n')[0]!) as { run: string }).run;
    await sleep(500);
  }
  throw new Error('no run waits for approval');
}

async function drained(worker: Running): Promise<number | null> {
  worker.child.kill('SIGTERM');
  return (await worker.ended).status;
}

describe('a deploy during a run', () => {
  it('leaves the run on its build to the end, and gives new runs to the current one', async () => {
    const more = ['--deployment', DEPLOYMENT];
    const old = await site.worker({ more });
    await makeCurrent(builds.old);
    const first = site.run('first', '--policy', policy, '--by', 'ann');
    const waiting = await untilApproval();

    const fresh = await site.worker({ more, main: site.path('fresh/dist/cli/main.js') });
    await makeCurrent(builds.fresh);
    const second = await site.run('second').ended;
    expect([second.stderr, second.status]).toEqual(['', 0]);
    const served = await buildsOf((JSON.parse(second.stdout) as RunSummary).runId);
    expect(served.length).toBeGreaterThan(3);
    expect(new Set(served)).toEqual(new Set([builds.fresh]));

    expect((await command('approve', waiting, '--by', 'bob', '--why', 'checked')).status).toBe(0);
    const ended = await first.ended;
    expect([ended.stderr, ended.status]).toEqual(['', 0]);
    const stayed = await buildsOf(waiting);
    expect(stayed.length).toBeGreaterThan(3);
    expect(new Set(stayed)).toEqual(new Set([builds.old]));
    console.log(`deploys: ${stayed.length} workflows ended on ${builds.old}, ${served.length} ran on ${builds.fresh}`);

    expect(await drained(old)).toBe(0);
    expect(await drained(fresh)).toBe(0);
  });
});
