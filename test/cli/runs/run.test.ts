import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../activities/types.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { bytesUnder, filesUnder, serversOf, workplace } from '../../command.ts';

const NOW = '2026-05-10T00:00:00Z';
const place = workplace('run');
const events = place.path('sample', 'events');
const common = ['--input', events, '--facts', place.path('sample', 'facts'), '--now', NOW, '--json'];

function curate(out: string, ...more: string[]): RunSummary {
  const { status, stdout, stderr } = place.garner('run', ...common, '--out', place.path(out), ...more);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout) as RunSummary;
}

function ledger(out: string, run: string): LedgerRow[] {
  const { stdout } = place.garner('ledger', run, '--out', place.path(out), '--json');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LedgerRow);
}

/** Lines that hold something, counted without any of the product's code. */
function linesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => {
    const bytes = readFileSync(join(folder, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    return sum + text.split('\n').filter((line) => line.trim() !== '').length;
  }, 0);
}

let first: RunSummary;

beforeAll(() => {
  expect(place.garner('generate', '--events', '2500', '--seed', '7', '--out', place.path('sample')).status).toBe(0);
  first = curate('plain', '--plain', '--concurrency', '1');
});
afterAll(() => place.remove());

describe('garner run on the generated sample', () => {
  it('gives every input line exactly one row, and the rows add up', () => {
    const rows = ledger('plain', first.runId);
    expect(rows.length).toBe(linesIn(events));
    expect(new Set(rows.map(({ source, line }) => `${source}:${line}`)).size).toBe(rows.length);
    const count = (outcome: string) => rows.filter((row) => row.outcome === outcome).length;
    expect([first.records, first.kept, first.excluded, first.rejected]).toEqual([
      rows.length,
      count('kept'),
      count('excluded'),
      count('rejected'),
    ]);
    expect(first.kept).toBeGreaterThan(0);
    expect(first.excluded).toBeGreaterThan(0);
    expect(first.rejected).toBeGreaterThan(0);
  });

  it('gives the same digest for renamed files, small shards and four at once', () => {
    const shuffled = place.path('shuffled');
    mkdirSync(shuffled);
    const names = readdirSync(events);
    names.forEach((name, index) =>
      cpSync(join(events, name), join(shuffled, `${names.length - index}-renamed${name.slice(name.indexOf('.'))}`)),
    );
    const { status, stdout } = place.garner(
      ...['run', '--input', shuffled, '--facts', place.path('sample', 'facts'), '--now', NOW, '--json', '--plain'],
      ...['--out', place.path('again'), '--concurrency', '4', '--shard-bytes', '64KB'],
    );
    expect(status).toBe(0);
    const again = JSON.parse(stdout) as RunSummary;
    expect(again.digest).toBe(first.digest);
    expect({ ...again.reasons }).toEqual({ ...first.reasons });
  });

  it('does nothing and succeeds where the version exists with the same digest', () => {
    const before = statSync(place.path('plain', first.dataset, 'manifest.dsse.json')).mtimeMs;
    expect(curate('plain', '--plain').digest).toBe(first.digest);
    expect(statSync(place.path('plain', first.dataset, 'manifest.dsse.json')).mtimeMs).toBe(before);
  });

  it('leaves no staging, and nothing that the ledger calls private in the history', () => {
    const left = filesUnder(place.path('plain', 'runs')).map(
      (file) => file.slice(place.path('plain', 'runs').length + 1).split('/')[1],
    );
    expect(new Set(left)).toEqual(new Set(['ledger', 'run.json']));
    const history = bytesUnder(place.path('plain', '.temporal'));
    for (const text of [events, 'src/', 'function ', '@example']) expect(history.includes(text), text).toBe(false);
  });
});

describe('an encrypted dataset', () => {
  let sealed: RunSummary;
  beforeAll(() => void (sealed = curate('sealed')));

  it('has the digest of the plain one, and no readable data file', () => {
    expect(sealed.digest).toBe(first.digest);
    const data = filesUnder(place.path('sealed', sealed.dataset, 'data'));
    expect(data.length).toBeGreaterThan(0);
    for (const file of data) {
      expect(file.endsWith('.parquet.age')).toBe(true);
      expect(readFileSync(file).subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    }
  });

  it('opens to the bytes of the plain one', () => {
    expect(place.garner('open', place.path('sealed', sealed.dataset), '--out', place.path('opened')).status).toBe(0);
    const plain = place.path('plain', first.dataset, 'data');
    for (const file of filesUnder(plain)) {
      expect(readFileSync(place.path('opened', 'data', file.slice(plain.length + 1))).equals(readFileSync(file))).toBe(
        true,
      );
    }
  });

  it('verifies, and does not with a flipped bit, an edited card or a stranger as signer', () => {
    const dataset = place.path('sealed', sealed.dataset);
    expect(place.garner('verify', dataset).stdout).toContain('verified');
    const copy = place.path('copy', 'completions', sealed.version);
    cpSync(dataset, copy, { recursive: true });
    const [data] = filesUnder(join(copy, 'data'));
    const bytes = readFileSync(data!);
    bytes[bytes.length - 40]! ^= 1;
    writeFileSync(data!, bytes);
    writeFileSync(join(copy, 'README.md'), readFileSync(join(copy, 'README.md'), 'utf8') + '\nedited');
    const broken = place.garner('verify', copy);
    expect(broken.status).toBe(1);
    expect(broken.stdout).toContain(data!.slice(copy.length + 1));
    expect(broken.stdout).toContain('README.md');
    const stranger = place.garner('verify', dataset, '--keys', place.path('other-keys'));
    expect(stranger.status).toBe(1);
    expect(stranger.stdout).toContain('signer: unknown');
  });
});

describe('what is wrong is said before anything runs, with exit code 2', () => {
  const run = (...args: string[]) => place.garner('run', ...args, '--out', place.path('never'));

  it('an input that is not there', () => {
    const { status, stderr } = run('--input', place.path('nowhere'));
    expect([status, stderr]).toEqual([2, expect.stringContaining('nowhere --input: cannot be read (ENOENT)')]);
  });

  it('an empty folder, and a file without a record', () => {
    mkdirSync(place.path('empty'));
    expect(run('--input', place.path('empty')).status).toBe(2);
    writeFileSync(place.path('zero.jsonl'), '');
    const { status, stderr } = run('--input', place.path('zero.jsonl'));
    expect([status, stderr]).toEqual([2, expect.stringContaining('no record in the whole input')]);
  });

  it('a policy with a bad glob, an unknown field, a plan that never trains', () => {
    const policy = (text: string) => {
      writeFileSync(
        place.path('policy.yaml'),
        `version: 1\npurpose: model-improvement\noutput: {name: x, audience: [copilot-team]}\n${text}\n`,
      );
      return run('--input', events, '--policy', place.path('policy.yaml'));
    };
    for (const [text, message] of [
      ['paths:\n  exclude:\n    "*": ["**/{a,b"]', 'policy.yaml:6 paths.exclude'],
      ['patsh: {}', 'policy.yaml:4 patsh: is no field of a policy'],
      ['consent: {trainable: [free, student]}', 'consent.trainable[1]: plan student never trains'],
      ['labels: {rejected: {weight: 7}}', 'policy.yaml:4 labels.rejected.weight'],
      ['selection: {splits: {train: 0.5}}', 'selection.splits'],
    ] as const) {
      const { status, stderr } = policy(text);
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it('a corrupt line of facts', () => {
    cpSync(place.path('sample', 'facts'), place.path('facts'), { recursive: true });
    const file = place.path('facts', 'repositories.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    lines[2] = '{"host":"github.com","id":"seven"}';
    writeFileSync(file, lines.join('\n'));
    const { status, stderr } = place.garner(
      'run',
      '--input',
      events,
      '--facts',
      place.path('facts'),
      '--out',
      place.path('unmade'),
    );
    expect([status, stderr]).toEqual([2, expect.stringContaining('repositories.jsonl:3')]);
    expect(existsSync(place.path('unmade'))).toBe(false);
  });
});

describe('a run that is killed', () => {
  it('goes on when it is started again, and ends with the digest of the undisturbed run', async () => {
    const args = [
      'run',
      ...common,
      '--plain',
      '--out',
      place.path('killed'),
      '--shard-bytes',
      '16KB',
      '--concurrency',
      '2',
    ];
    const child = place.start(...args);
    const admitted = () =>
      readdirSync(place.path('killed', 'runs'), { recursive: true }).some((name) => /admit\/1?\d-/.test(String(name)));
    const deadline = Date.now() + 60_000;
    let killed = false;
    while (Date.now() < deadline && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      try {
        if (!admitted()) continue;
      } catch {
        continue;
      }
      killed = child.kill('SIGKILL');
      await once(child, 'exit');
      break;
    }
    expect(killed).toBe(true);
    expect(readdirSync(place.path('killed')).includes('datasets')).toBe(false);
    const { status, stdout } = place.garner(...args);
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as RunSummary).digest).toBe(first.digest);
    expect(serversOf(place.path('killed'))).toEqual([]);
  });
});
