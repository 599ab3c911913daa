/** Erasure under fire: killed midway again and again, and asked for while a run is building. */
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EraseSummary, RunSummary } from '../../../activities/types.ts';
import { parseManifest } from '../../../curation/proof/dsse.ts';
import type { Certificate } from '../../../curation/proof/erasure.ts';
import { Random } from '../../../curation/sample/random.ts';
import { bytesUnder, filesUnder, serversOf, workplace } from '../../command.ts';

const SEED = process.env['DRILL_SEED'] ?? '7';
const KILLS = 10;
const NOW = '2026-05-10T00:00:00Z';
const place = workplace('erasure-drill');
const input = ['--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts'), '--now', NOW];
let first: RunSummary;
let user: string;

/** The user with most events that the run kept, by the input and the ledger alone. */
function mostKept(run: string, out: string): string {
  const { stdout } = place.garner('ledger', run, '--out', out, '--json');
  const kept = new Set<string>();
  for (const line of stdout.trim().split('\n')) {
    const { outcome, event } = JSON.parse(line) as { outcome: string; event: string };
    if (outcome === 'kept') kept.add(event);
  }
  const counts = new Map<string, number>();
  for (const file of filesUnder(place.path('sample', 'events')).filter((name) => name.endsWith('.jsonl')))
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const found = /"id":"([^"]+)".*"user":\{"id":"([^"]+)"/.exec(line);
      if (found && kept.has(found[1]!)) counts.set(found[2]!, (counts.get(found[2]!) ?? 0) + 1);
    }
  return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
}

beforeAll(() => {
  console.log(`seed ${SEED}`);
  place.garner('generate', '--events', '2000', '--seed', SEED, '--out', place.path('sample'));
  const { status, stdout } = place.garner(
    'run',
    ...input,
    '--out',
    place.path('out'),
    '--json',
    '--keys',
    place.path('keys'),
  );
  expect(status).toBe(0);
  first = JSON.parse(stdout) as RunSummary;
  cpSync(place.path('keys'), place.path('config', 'garner', 'keys'), { recursive: true });
  user = mostKept(first.runId, place.path('out'));
});
afterAll(() => place.remove());

/** A copy of the store and of the keys as they were before anybody was erased. */
function copyOf(name: string): Copy {
  const [out, keys] = [place.path(name, 'out'), place.path(name, 'keys')];
  cpSync(place.path('out'), out, { recursive: true, filter: (path) => !path.includes('.temporal') });
  cpSync(place.path('keys'), keys, { recursive: true });
  return { out, keys };
}

/** What the certificate says, but for the moment of its signing and how much its last start looked through. */
function certificateOf({ out }: Copy, key: string): object {
  const [envelope] = parseManifest(readFileSync(join(out, key), 'utf8')).envelopes;
  const { predicate } = JSON.parse(Buffer.from(envelope!.payload, 'base64').toString()) as { predicate: Certificate };
  const { at: _at, probe, ...said } = predicate;
  return { ...said, probe: { ...probe, objects: 0 } };
}

interface Copy {
  out: string;
  keys: string;
}
const under = (folder: string) => (existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : []);
/** What can be seen from outside as an erasure goes on, in order. */
const MOMENTS: [string, (copy: Copy) => boolean][] = [
  ['the subject is named', ({ keys }) => existsSync(join(keys, 'erasures.age'))],
  [
    'the new version is being written',
    ({ out }) => under(join(out, 'runs')).some((name) => /erase-.*dataset-/.test(name)),
  ],
  ['the new index is there', ({ out }) => under(join(out, 'erasure', 'index', 'completions')).length > 1],
  [
    'the new version is visible',
    ({ out }) =>
      under(join(out, 'datasets', 'completions')).some(
        (name) => name.endsWith('manifest.dsse.json') && !name.startsWith(first.version),
      ),
  ],
  ['the tombstone stands', ({ out }) => existsSync(join(out, first.dataset, 'TOMBSTONE.json'))],
  ['the old manifest is gone', ({ out }) => !existsSync(join(out, first.dataset, 'manifest.dsse.json'))],
  ['the old index is gone', ({ out }) => !existsSync(join(out, 'erasure', 'index', 'completions', first.version))],
];

describe('an erasure that is killed midway', () => {
  it(`ends as the undisturbed one, ${KILLS} times`, async () => {
    const random = new Random(`erasure-drill ${SEED}`);
    const undisturbed = copyOf('undisturbed');
    const args = ({ out, keys }: Copy) => ['erase', '--user', user, '--out', out, '--keys', keys, '--json'];
    const whole = JSON.parse(place.garner(...args(undisturbed)).stdout) as EraseSummary;
    expect(whole.versions[0]!.version).toBe(first.version);
    let midway = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const copy = copyOf(`kill-${kill}`);
      const child = place.start(...args(copy));
      const [moment, reached] = MOMENTS[kill % MOMENTS.length]!;
      const ended = once(child, 'exit');
      while (child.exitCode === null && !reached(copy)) await sleep(1);
      await Promise.race([ended, sleep(random.between(0, 40))]);
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        await ended;
        midway++;
      }
      const old = join(copy.out, first.dataset);
      // Whatever the moment: a version is whole or recalled, never half there and called a dataset.
      const state = existsSync(join(old, 'manifest.dsse.json'))
        ? existsSync(join(old, 'TOMBSTONE.json'))
          ? 'recalled'
          : 'whole'
        : 'gone';
      const { status, stdout, stderr } = place.garner(...args(copy));
      expect([status, stderr]).toEqual([0, '']);
      expect(serversOf(copy.out)).toEqual([]);
      const summary = JSON.parse(stdout) as EraseSummary;
      expect(summary.versions.map(({ version, newDigest, removed }) => ({ version, newDigest, removed }))).toEqual(
        whole.versions.map(({ version, newDigest, removed }) => ({ version, newDigest, removed })),
      );
      expect(summary.probe).toMatchObject({ remaining: [], uncovered: [], unfinished: [] });
      expect(certificateOf(copy, summary.certificate)).toEqual(certificateOf(undisturbed, whole.certificate));
      expect(filesUnder(old)).toEqual([join(old, 'TOMBSTONE.json')]);
      const versions = readdirSync(join(copy.out, 'datasets', 'completions'));
      expect(versions.sort()).toEqual([first.version, summary.versions[0]!.replacedBy!].sort());
      const next = join(copy.out, 'datasets', 'completions', summary.versions[0]!.replacedBy!);
      expect(place.garner('verify', next, '--keys', copy.keys).stdout).toBe('signer: trusted\nverified\n');
      const log = place
        .garner('audit', 'show', '--what', 'erase', '--json', '--keys', copy.keys)
        .stdout.trim()
        .split('\n');
      expect(log.length).toBe(1);
      console.log(`kill ${kill}: when ${moment}: the old version ${state}`);
    }
    console.log(`${midway} of ${KILLS} kills midway`);
    expect(midway).toBeGreaterThan(KILLS / 2);
  });
});

describe('an erasure during a build', () => {
  it('lets nothing of the subject be published, and the next run leaves it out', async () => {
    const out = place.path('build', 'out');
    const run = ['run', ...input, '--out', out, '--json', '--shard-bytes', '16KB', '--concurrency', '1'];
    const child = place.start(...run);
    const ended = once(child, 'exit');
    const admitted = () =>
      existsSync(join(out, 'runs')) &&
      readdirSync(join(out, 'runs'), { recursive: true }).some((name) => String(name).includes('admit/'));
    while (child.exitCode === null && !admitted()) await sleep(20);
    const early = place.garner('erase', '--user', user, '--out', out);
    await ended;
    expect(early.status).toBe(3);
    expect(early.stderr).toContain('It cannot publish the subject any more');
    expect(child.exitCode).toBe(3);
    expect(existsSync(join(out, 'datasets'))).toBe(false);
    const summary = JSON.parse(place.garner('erase', '--user', user, '--out', out, '--json').stdout) as EraseSummary;
    expect(summary.probe).toMatchObject({ remaining: [], uncovered: [], unfinished: [] });
    const again = place.garner(...run);
    expect(again.status).toBe(0);
    expect((JSON.parse(again.stdout) as RunSummary).reasons['erased']).toBeGreaterThan(0);
    expect(place.garner('erase', '--user', user, '--out', out, '--dry-run').stdout).toBe('');
    expect(bytesUnder(out).includes(user)).toBe(false);
  });
});
