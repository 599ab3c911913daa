/** Plants thousands of canaries by every channel, curates, forces failures, and searches every byte that is left for any of them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import { openStore } from '../../../storage/objects.ts';
import { datasetRows } from '../../../storage/guard/rows.ts';
import { bytesUnder, workplace, type Ended } from '../../command.ts';
import { Canaries, CONTROL, LEDGER, recognise } from '../planted/canaries.ts';
import { Haystack } from '../planted/haystack.ts';
import { exportedHistory } from '../planted/history.ts';
import { NOW } from '../planted/place.ts';

const seed = Number(process.env['DRILL_SEED'] ?? Date.now() % 1e9);
const EACH = 60;
const place = workplace('leak');
const canaries = new Canaries(seed, EACH);
const haystack = new Haystack(recognise);
const said = (name: string, { stdout, stderr }: Ended): Ended => {
  haystack.add(`${name}: stdout`, stdout);
  haystack.add(`${name}: stderr`, stderr);
  return { stdout, stderr, status: null };
};

function curate(out: string, ...more: string[]): RunSummary {
  const ended = place.garner(
    ...['run', '--input', place.path('in', 'events'), '--facts', place.path('in', 'facts'), '--now', NOW],
    ...['--out', place.path(out), '--shard-bytes', '200KB', '--json', ...more],
  );
  said(`run ${out}`, ended);
  expect([ended.stderr, ended.status]).toEqual(['', 0]);
  return JSON.parse(ended.stdout) as RunSummary;
}

/** Every row of a dataset as JSON: Parquet's own bytes are compressed. */
async function addRows(name: string, folder: string): Promise<number> {
  const rows: string[] = [];
  for await (const row of datasetRows(openStore(folder), [], place.path('scratch'))) rows.push(JSON.stringify(row));
  haystack.add(`${name}: rows`, rows.join('\n'));
  return rows.length;
}

let summary: RunSummary;
let rows: number;
const histories: Record<string, { runs: number; events: number }> = {};

beforeAll(async () => {
  canaries.planted.write(place.path('in'));
  summary = curate('sealed');
  curate('plain', '--plain');
  said('list', place.garner('list', '--out', place.path('sealed'), '--json'));
  said('status', place.garner('status', summary.runId, '--out', place.path('sealed'), '--json'));
  said('verify', place.garner('verify', place.path('sealed', summary.dataset), '--json'));
  said('ledger', place.garner('ledger', summary.runId, '--out', place.path('sealed'), '--json'));
  said('open', place.garner('open', place.path('sealed', summary.dataset), '--out', place.path('opened')));
  failures();

  rows = await addRows('opened', place.path('opened'));
  await addRows('plain', place.path('plain', summary.dataset));
  for (const out of ['sealed', 'plain', 'failed']) {
    const { bytes, runs, events } = await exportedHistory(place.path(out));
    histories[out] = { runs, events };
    haystack.add(`${out}: exported history`, bytes);
  }
  for (const out of ['sealed', 'plain', 'opened', 'failed', 'config', 'scratch'])
    if (existsSync(place.path(out))) haystack.addFolder(out, place.path(out));
  for (const base of new Set(['/dev/shm', tmpdir()])) {
    const folder = join(base, `garner-${userInfo().uid}`);
    if (existsSync(folder)) haystack.add('scratch folders', bytesUnder(folder));
  }
});
afterAll(() => place.remove());

/** Commands that fail on private input: what they say, and what they leave. */
function failures(): void {
  const word = (channel: string) => canaries.canary(`failures: ${channel}`);
  const fails = (name: string, ...args: string[]) => {
    const ended = place.garner(...args);
    said(`failure of ${name}`, ended);
    expect(ended.status, `${name} must fail: ${ended.stderr}`).not.toBe(0);
    expect(ended.stderr, name).toMatch(/^garner: |error:/m);
  };
  const input = (name: string) => ['run', '--out', place.path('failed'), '--json', '--input', place.path('in', name)];
  const write = (path: string, content: string | Buffer) => {
    mkdirSync(place.path('in', path, '..'), { recursive: true });
    writeFileSync(place.path('in', path), content);
    return path;
  };
  for (let n = 0; n < 8; n++) {
    // A line of facts that is cut, and one with a field that is none.
    write(`facts${n}/repositories.jsonl`, `{"host":"github.com","owner":"${word('facts')}","name":"${word('facts')}"${n % 2 ? '' : ',"visibility":"sometimes"}'}\n`); // prettier-ignore
    fails('facts', ...input('events'), '--facts', place.path('in', `facts${n}`));
  }
  const broken = gzipSync(canaries.code('failures: broken compression', 40));
  // Nothing of it counts but that it is broken: a run of its own that ends well.
  said(
    'broken compression',
    place.garner(...input(write(`${word('names of sources')}.jsonl.gz`, broken.subarray(0, 400)))),
  );
  fails('a source without records', ...input(write(`${word('names of sources')}.jsonl`, '\n\n')), '--format', 'garner');
  write('guessed/a.jsonl', `{"${word('unknown format')}": "${word('unknown format')}"}\n`);
  fails('an unknown format', ...input('guessed'));
  // A policy that stops the plan within the workflow: its failure passes through Temporal.
  write('policy.yaml', 'version: 1\npurpose: model-improvement\nguard: { memory: 1MB }\noutput: { name: a, audience: [copilot-team] }\n'); // prettier-ignore
  const large = write(`${word('sources of a failed plan')}.jsonl`, canaries.code('failures: sources of a failed plan', 100).repeat(1000)); // prettier-ignore
  fails('a plan', ...input(large), '--format', 'garner', '--policy', place.path('in', 'policy.yaml'));
  const data = place.path('opened', 'data');
  fails('a bad identity', 'open', place.path('sealed', summary.dataset), '--out', place.path('nowhere'), '--identity', place.path('in', write('identity', `${word('bad key')}\n`))); // prettier-ignore
  fails('a dataset that is none', 'verify', data);
  fails('redact', 'redact', '--input', place.path('in', write('redact.jsonl', `{"text": ${word('redact')}\n`)));
}

describe(`canaries of seed ${seed}`, () => {
  it('come in thousands, by many channels', () => {
    const counts = canaries.counts();
    for (const [channel, count] of counts) console.log(`${String(count).padStart(6)}  ${channel}`);
    console.log(`${canaries.channels.size} canaries over ${counts.length - 1} channels and a control; ${rows} rows of ${summary.examples} examples, ${haystack.bytes} bytes searched at ${haystack.found.size} places`); // prettier-ignore
    console.log('reasons', JSON.stringify(summary.reasons), 'histories', JSON.stringify(histories));
    expect(canaries.channels.size - EACH * 2).toBeGreaterThanOrEqual(5000);
    expect(counts.length - 1).toBeGreaterThanOrEqual(12);
  });

  it('are found where they stand in public text, so that the search finds', () => {
    for (const found of ['opened: rows', 'plain: rows'])
      expect([...haystack.found.get(found)!].filter((word) => canaries.channels.get(word) === CONTROL).length).toBeGreaterThan(EACH); // prettier-ignore
    // Suggestions that lost a quote, a clipboard or a password in their remote are kept for the rest.
    expect(summary.examples).toBeGreaterThan(EACH * 5);
  });

  it('are nowhere else', () => {
    const leaks = haystack.leaks((at, word) => {
      const channel = canaries.channels.get(word);
      if (channel === undefined) return false;
      if (channel === CONTROL) return at.endsWith(': rows') || /: data\//.test(at);
      return at === 'ledger: stdout' && LEDGER.has(channel);
    });
    const told = leaks.map(([at, words]) => {
      const channels = new Set(words.map((word) => canaries.channels.get(word) ?? 'a cut one'));
      return `${at}: ${words.length} of ${[...channels].join(', ')}`;
    });
    expect(told).toEqual([]);
  });

  it('would be found in the history if its payloads were not sealed', () => {
    expect(histories['sealed']!.runs).toBeGreaterThan(0);
    expect(histories['failed']!.runs).toBeGreaterThan(0);
    const plain = new Haystack(recognise);
    plain.add('x', Buffer.from(`{"a":"${Buffer.from('{"k":"cnryabcdefgh"}').toString('base64')}"}`));
    plain.add('y', readFileSync(place.path('in', 'events', 'open.jsonl')));
    expect(plain.found.get('x')!.size).toBe(1);
    expect(plain.found.get('y')!.size).toBeGreaterThan(1000);
  });
});
