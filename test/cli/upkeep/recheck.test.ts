import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecheckInput, RecheckSummary } from '../../../activities/erase/nightlyrecheck.ts';
import type { RecheckedVersion } from '../../../activities/erase/recheck.ts';
import { withSession } from '../../../cli/runs/session.ts';
import { BUILTIN_POLICY } from '../../../config/policy.ts';
import { TASK_QUEUE } from '../../../worker/server/server.ts';
import { workplace } from '../../command.ts';

const place = workplace('recheck');
afterAll(() => place.remove());

let version = '';

beforeAll(() => {
  expect(place.garner('generate', '--events', '500', '--seed', '3', '--out', 'sample').status).toBe(0);
  const run = place.garner(
    ...['run', '--input', 'sample/events', '--facts', 'sample/facts', '--now', '2026-06-01', '--plain', '--json'],
  );
  expect(run.status, run.stderr).toBe(0);
  version = `completions/${(JSON.parse(run.stdout.trim().split('\n').at(-1)!) as { version: string }).version}`;
});

type Line = Record<string, unknown> & { userId?: string };
const parsed = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** A copy of the sample's facts with lines changed or added. */
function factsWith(name: string, file: string, change: (lines: Line[]) => Line[]): string {
  cpSync(place.path('sample', 'facts'), place.path(name), { recursive: true });
  const path = place.path(name, file);
  writeFileSync(path, change(parsed(path)).map((line) => JSON.stringify(line)).join('\n') + '\n'); // prettier-ignore
  return name;
}

function recheck(
  facts: string,
  ...args: string[]
): { status: number | null; versions: RecheckedVersion[]; reissue: string[]; stderr: string } {
  const { status, stdout, stderr } = place.garner('recheck', ...args, '--facts', facts, '--subjects', '--json');
  const { versions, reissue } = JSON.parse(stdout) as { versions: RecheckedVersion[]; reissue: string[] };
  return { status, versions, reissue, stderr };
}
const LATER = ['--now', '2026-06-05'];
const latest = (lines: Line[], key: string) => [...new Map(lines.map((line) => [line[key], line])).values()];

describe('garner recheck', () => {
  it('is content while the facts say what they said', () => {
    const { status, versions, reissue } = recheck('sample/facts', '--now', '2026-06-01');
    expect(status).toBe(0);
    expect(versions).toMatchObject([{ version, state: 'clean', affected: 0, subjects: [] }]);
    expect(versions[0]!.examples).toBeGreaterThan(10);
    expect(reissue).toEqual([]);
  });

  it('finds the examples of users who withdrew since', () => {
    const facts = factsWith('withdrawn', 'consents.jsonl', (lines) => [
      ...lines,
      ...latest(lines, 'userId').map((line) => ({ ...line, training: 'denied', since: '2026-06-02T00:00:00Z' })),
    ]);
    const { status, versions, reissue, stderr } = recheck(facts, 'completions', ...LATER);
    expect(status).toBe(1);
    expect(stderr).toContain(`1 of 1 versions must be issued again: ${version}`);
    expect(reissue).toEqual([version]);
    const [{ examples, affected, reasons, subjects }] = versions as [RecheckedVersion];
    expect(affected).toBe(examples);
    expect(reasons).toEqual({ consent_withdrawn: examples });
    expect(subjects.every(({ kind, reason }) => kind === 'user' && reason === 'consent_withdrawn')).toBe(true);
    // Before they withdrew, all may be used.
    expect(recheck(facts, '--now', '2026-06-01').status).toBe(0);
  });

  it('finds what is said only now of the time of the examples', () => {
    const facts = factsWith('corrected', 'consents.jsonl', (lines) =>
      latest(lines, 'userId').flatMap((line) => [
        { ...line, training: 'denied' },
        { ...line, since: '2026-05-30T00:00:00Z' },
      ]),
    );
    const { versions } = recheck(facts, version, ...LATER);
    expect(Object.keys(versions[0]!.reasons)).toEqual(['no_consent']);
  });

  it('finds the examples of repositories that went private, and only those', () => {
    const before = recheck('sample/facts', ...LATER).versions[0]!.examples;
    const facts = factsWith('private', 'repositories.jsonl', (lines) => [
      ...lines,
      ...latest(lines, 'id')
        .filter((_, at) => at % 2 === 0)
        .map((line) => ({ ...line, visibility: 'private', since: '2026-06-02T00:00:00Z' })),
    ]);
    const { versions, status } = recheck(facts, place.path('garner-out', 'datasets', version), ...LATER);
    expect(status).toBe(1);
    const [{ affected, reasons, subjects }] = versions as [RecheckedVersion];
    expect(affected).toBeGreaterThan(0);
    expect(affected).toBeLessThan(before);
    const allowed = new Set(['repository_private', 'private_network']);
    expect(Object.keys(reasons).filter((reason) => !allowed.has(reason))).toEqual([]);
    expect(subjects.every(({ kind, id }) => kind === 'repository' && id.startsWith('github.com/'))).toBe(true);
  });

  it('finds the examples of owners that the policy lets opt out', () => {
    writeFileSync(
      place.path('optout.yaml'),
      'version: 1\npurpose: model-improvement\nrepositories: {owners: {optedOut: [sample-acme, eslint, eslint-community, fastify, humanwhocodes, sample-ivory, sample-quartz, sample-raven, sample-tundra]}}\noutput: {name: completions, formats: [sft], audience: [copilot-team]}\n',
    );
    const { versions, stderr } = recheck('sample/facts', '--policy', 'optout.yaml', ...LATER);
    expect(versions[0]!.reasons['owner_opted_out']).toBeGreaterThan(0);
    expect(stderr).toContain('was made under another policy than optout.yaml');
  });

  it('takes whom the facts do not name any more for unknown', () => {
    const facts = factsWith('emptied', 'consents.jsonl', (lines) => lines.slice(0, 1));
    const { versions } = recheck(facts, ...LATER);
    expect(versions[0]!.reasons['unknown_user']).toBeGreaterThan(0);
  });

  it('says so where a version has no index, and exits with 1', () => {
    cpSync(place.path('garner-out'), place.path('bare'), { recursive: true });
    rmSync(place.path('bare', 'erasure'), { recursive: true });
    const { status, versions } = recheck('sample/facts', '--out', 'bare', ...LATER);
    expect(status).toBe(1);
    expect(versions).toMatchObject([{ state: 'unindexed' }]);
  });

  it('names nobody unless asked to', () => {
    const { stdout, stderr } = place.garner('recheck', '--facts', 'withdrawn', ...LATER);
    const users = parsed(place.path('withdrawn', 'consents.jsonl')).map(({ userId }) => userId!);
    for (const user of users) expect(stdout + stderr).not.toContain(user);
    expect(stdout).toContain('consent_withdrawn');
  });

  it('exits with 2 for a dataset that is not there, and without facts', () => {
    expect(place.garner('recheck', 'nothing', '--facts', 'sample/facts').status).toBe(2);
    expect(place.garner('recheck', '--facts', 'absent').status).toBe(2);
    expect(readdirSync(join(place.folder)).includes('absent')).toBe(false);
  });
});

describe('the re-check that comes by itself', () => {
  interface Night {
    summary?: RecheckSummary;
    outcome: unknown;
  }
  const nights = new Map<string, Night>();
  beforeAll(async () => {
    const options = { out: place.path('garner-out'), keys: join(place.folder, 'config', 'garner', 'keys') };
    const policy = { file: BUILTIN_POLICY, text: readFileSync(BUILTIN_POLICY, 'utf8') };
    const now = Date.parse('2026-06-05');
    await withSession(options, async ({ client }) => {
      for (const facts of ['withdrawn', 'sample/facts', 'absent']) {
        const input: RecheckInput = { out: options.out, facts: place.path(facts), policy, actor: 'nightly', now };
        const started = { taskQueue: TASK_QUEUE, workflowId: `recheck-${facts}`, args: [input] };
        const handle = await client.workflow.start('recheck', started);
        const summary = await handle.result().catch(() => undefined);
        const { searchAttributes } = await handle.describe();
        nights.set(facts, { outcome: searchAttributes['GarnerOutcome'], ...(summary && { summary }) });
      }
    });
  });
  const audited = () => {
    const { stdout } = place.garner('audit', 'show', '--what', 'recheck', '--json');
    return stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line) as { actor: string; details: object }] : []));
  };

  it('ends with the versions to issue again and why, notes them, and shows operators that there are some', () => {
    const { summary, outcome } = nights.get('withdrawn')!;
    expect(summary!.versions).toMatchObject({ affected: 1, clean: 0 });
    const [due] = summary!.reissue;
    expect(due).toEqual({
      ...{ version, state: 'affected', examples: due!.examples, affected: due!.examples },
      reasons: { consent_withdrawn: due!.examples },
    });
    expect(outcome).toEqual(['reissue']);
    expect(audited()[0]).toMatchObject({
      actor: 'nightly',
      details: { reissue: [version], now: '2026-06-05T00:00:00.000Z' },
    });
    // What Temporal keeps names nobody.
    const users = parsed(place.path('withdrawn', 'consents.jsonl')).map(({ userId }) => userId!);
    for (const user of users) expect(JSON.stringify(summary)).not.toContain(`"${user}"`);
  });

  it('is done where nothing has to be issued again', () => {
    const { summary, outcome } = nights.get('sample/facts')!;
    expect(summary).toMatchObject({ versions: { clean: 1 }, reissue: [] });
    expect(outcome).toEqual(['done']);
  });

  it('fails where the facts are gone, instead of calling everybody unknown', () => {
    expect(nights.get('absent')).toEqual({ outcome: ['failed'] });
    expect(audited()).toHaveLength(2);
  });
});
