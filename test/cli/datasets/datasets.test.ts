/** What people do with a published dataset: prove, grant, revoke, rewrap, audit, erase. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EraseSummary, RunSummary } from '../../../activities/types.ts';
import { PAYLOAD_TYPE, parseManifest, parsePublicKeys, verify } from '../../../curation/proof/dsse.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { bytesUnder, filesUnder, workplace } from '../../command.ts';

const NOW = '2026-05-10T00:00:00Z';
const place = workplace('datasets');
const out = place.path('out');
const input = ['--input', place.path('sample', 'events'), '--facts', place.path('sample', 'facts'), '--now', NOW];
const run = () => {
  const { status, stdout, stderr } = place.garner('run', ...input, '--out', out, '--json');
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as RunSummary;
};

let first: RunSummary;
let rows: LedgerRow[];
let dataset: string;

beforeAll(() => {
  place.garner('generate', '--events', '1000', '--seed', '7', '--out', place.path('sample'));
  first = run();
  dataset = join(out, first.dataset);
  const { stdout } = place.garner('ledger', first.runId, '--out', out, '--json');
  rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LedgerRow);
});
afterAll(() => place.remove());

describe('garner ledger prove', () => {
  it('proves a record against the root that the dataset attests, and nothing else', () => {
    const { event } = rows.find(({ outcome }) => outcome === 'kept')!;
    const { status, stdout } = place.garner('ledger', 'prove', first.runId, '--event', event!, '--out', out);
    expect(status).toBe(0);
    writeFileSync(place.path('proof.json'), stdout);
    expect(place.garner('verify', dataset, '--proof', place.path('proof.json')).status).toBe(0);
    const forged = JSON.parse(stdout.split('\n')[0]!) as { entry: string };
    forged.entry = forged.entry.replace('"kept"', '"lost"');
    writeFileSync(place.path('forged.json'), JSON.stringify(forged));
    const refused = place.garner('verify', dataset, '--proof', place.path('forged.json'));
    expect([refused.status, refused.stdout]).toEqual([1, expect.stringContaining('Proof 1 does not hold')]);
  });

  it('says that there is no such event, with exit 2', () => {
    expect(place.garner('ledger', 'prove', first.runId, '--event', 'nobody', '--out', out).status).toBe(2);
  });
});

describe('report.html', () => {
  it('counts the ledger by the day of its rows', () => {
    const dated = rows.filter(({ day }) => day !== null);
    expect(dated.length).toBeGreaterThan(0);
    for (const { day } of dated) expect(day).toMatch(/^2026-0\d-\d\d$/);
    const [, figures] = /<h2>Over time<\/h2>.*?<tbody>(.*?)<\/tbody>/s.exec(readFileSync(join(dataset, 'report.html'), 'utf8'))!; // prettier-ignore
    const columns = figures!.split('</tr>').slice(0, -1).map((row) => row.match(/(?<=>)[^<]+(?=<\/td>)/g)!); // prettier-ignore
    const [day, ...counts] = columns[0]!;
    const ofDay = dated.filter((row) => row.day === day);
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(ofDay.length);
    expect(Number(counts[0])).toBe(ofDay.filter(({ outcome }) => outcome === 'kept').length);
    expect(columns.map(([name]) => name)).toEqual([...new Set(dated.map((row) => row.day))].sort());
  });
});

describe('garner verify', () => {
  it('compares the ledger at hand, counted row by row, with the manifest', () => {
    const { status, stdout } = place.garner('verify', dataset, '--run', first.runId, '--out', out);
    expect([status, stdout]).toEqual([0, 'signer: trusted\nverified\n']);
  });

  it('names a policy that is not the one it was made under', () => {
    const policy = place.path('other.yaml');
    writeFileSync(
      policy,
      'version: 1\npurpose: model-improvement\noutput: {name: x, audience: [copilot-team]}\nguard: {enabled: false}\n',
    );
    const { status, stdout } = place.garner('verify', dataset, '--policy', policy);
    expect([status, stdout]).toEqual([1, expect.stringContaining('It says policyDigest')]);
  });

  it('does not believe a revoked key', () => {
    const { publicKeys } = parseManifest(readFileSync(join(dataset, 'manifest.dsse.json'), 'utf8'));
    writeFileSync(place.path('key.pem'), Object.values(publicKeys)[0]!);
    expect(place.garner('verify', dataset, '--trust', place.path('key.pem')).status).toBe(0);
    const { status, stdout } = place.garner('verify', dataset, '--revoked', place.path('key.pem'));
    expect([status, stdout]).toEqual([1, expect.stringContaining('signed by a revoked key')]);
  });
});

describe('garner access', () => {
  const access = place.path('access.yaml');
  const ann = place.path('ann.txt');
  const opens = (file: string) =>
    place.garner('verify', dataset, '--identity', file).stdout.includes('not sealed to the identity') === false;

  beforeAll(async () => {
    const secret = await generateIdentity();
    writeFileSync(ann, `${secret}\n`);
    const grant = ['--group', 'copilot-team', '--affiliation', 'employee', '--team', 'assistant', '--access', access];
    const recipient = await identityToRecipient(secret);
    expect(place.garner('access', 'grant', 'ann', ...grant, '--recipient', recipient, '--by', 'root').status).toBe(0);
  });

  it('opens an earlier dataset to somebody by rewrapping, and shuts it again', () => {
    const before = bytesUnder(join(dataset, 'data'));
    expect(opens(ann)).toBe(false);
    expect(place.garner('access', 'rewrap', dataset, '--access', access).status).toBe(0);
    expect(opens(ann)).toBe(true);
    expect(place.garner('verify', dataset).stdout).toBe('signer: trusted\nverified\n');
    expect(place.garner('access', 'revoke', 'ann', '--access', access).status).toBe(0);
    expect(place.garner('access', 'rewrap', dataset, '--access', access, '--anew').status).toBe(0);
    expect(opens(ann)).toBe(false);
    expect(place.garner('verify', dataset).stdout).toBe('signer: trusted\nverified\n');
    expect(bytesUnder(join(dataset, 'data')).equals(before)).toBe(false);
  }, 300_000);

  it('refuses to sign for a file that was changed, and changes nothing', () => {
    const copy = place.path('copy', 'completions', first.version);
    cpSync(dataset, copy, { recursive: true });
    const [file] = filesUnder(join(copy, 'data'));
    cpSync(filesUnder(join(copy, 'data'))[1]!, file!);
    const before = bytesUnder(copy);
    const { status, stderr } = place.garner('access', 'rewrap', copy, '--access', access);
    expect([status, stderr]).toEqual([3, expect.stringContaining('does not hold what is attested')]);
    expect(bytesUnder(copy).equals(before)).toBe(true);
  });

  it('lists who holds a grant, and leaves an entry for each change', () => {
    const { stdout } = place.garner('access', 'list', '--access', access, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'ann', group: 'copilot-team', holds: false });
    const log = place.garner('audit', 'show', '--json').stdout.trim().split('\n');
    const actions = log.map((line) => (JSON.parse(line) as { action: string }).action);
    expect(actions).toEqual(['publish', 'grant', 'rewrap', 'revoke', 'rewrap']);
  });
});

describe('garner audit', () => {
  it('finds a cut tail by a checkpoint that was kept elsewhere, and an edited entry without one', () => {
    const keys = place.path('config', 'garner', 'keys');
    writeFileSync(place.path('checkpoint'), place.garner('audit', 'checkpoint').stdout);
    const kept = ['--checkpoint', place.path('checkpoint')];
    expect(place.garner('audit', 'verify', ...kept).status).toBe(0);
    const copy = place.path('audit-copy');
    cpSync(join(keys, 'audit'), copy, { recursive: true });
    const lines = readFileSync(join(copy, 'log.jsonl'), 'utf8').trim().split('\n');
    writeFileSync(join(copy, 'log.jsonl'), lines.slice(0, -2).join('\n') + '\n');
    const cut = place.garner('audit', 'verify', '--log', copy, ...kept);
    expect([cut.status, cut.stdout]).toEqual([1, expect.stringContaining('the tail was cut')]);
    writeFileSync(join(copy, 'log.jsonl'), lines.join('\n').replace('"grant"', '"grand"') + '\n');
    const edited = place.garner('audit', 'verify', '--log', copy);
    expect([edited.status, edited.stdout]).toEqual([1, expect.stringContaining('line 2: the entry was edited')]);
  });
});

describe('garner keys', () => {
  it('rotates pseudonyms and the payload key, says so in the audit log, and changes no dataset', () => {
    const { stdout } = place.garner('keys', 'rotate', '--by', 'root', '--why', 'every quarter', '--json');
    expect(JSON.parse(stdout)).toEqual({ pseudonymEpoch: '2', payloadKey: '2', payloadKeys: 2 });
    const log = place.garner('audit', 'show', '--what', 'keys.rotate', '--json').stdout.trim().split('\n');
    expect(log.map((line) => JSON.parse(line) as object)).toMatchObject([
      { actor: 'root', subject: 'keys/pseudonyms', details: { current: '2', why: 'every quarter' } },
      { actor: 'root', subject: 'keys/payloads', details: { current: '2', why: 'every quarter' } },
    ]);
    expect(run().digest).toBe(first.digest);
  });

  it('still opens the history of a run from before', () => {
    const { status, stdout } = place.garner('status', first.runId, '--out', out, '--json');
    expect([status, stdout]).toEqual([0, expect.stringContaining(first.runId)]);
  });

  it('rotates one alone, and nothing without a reason', () => {
    const rotate = (...given: string[]) => place.garner('keys', 'rotate', '--json', ...given);
    expect(JSON.parse(rotate('--only', 'pseudonyms', '--why', 'a leak').stdout)).toMatchObject({
      ...{ pseudonymEpoch: '3', payloadKey: '2' },
    });
    expect(rotate().status).toBe(2);
    expect(JSON.parse(place.garner('keys', 'show', '--json').stdout)).toMatchObject({ pseudonymEpoch: '3' });
  });
});

describe('garner erase', () => {
  /** The user with the most kept records, found in the input without the product's code. */
  function subject(): string {
    const kept = new Set(rows.filter(({ outcome }) => outcome === 'kept').map(({ event }) => event));
    const counts = new Map<string, number>();
    for (const file of filesUnder(place.path('sample', 'events')).filter((name) => name.endsWith('.jsonl')))
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        const found = /"id":"([^"]+)".*"user":\{"id":"([^"]+)"/.exec(line);
        if (found && kept.has(found[1]!)) counts.set(found[2]!, (counts.get(found[2]!) ?? 0) + 1);
      }
    return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
  }

  it('takes a user out of every version, for good, and signs it', () => {
    const user = subject();
    const erase = () => {
      const { status, stdout, stderr } = place.garner('erase', '--user', user, '--out', out, '--json');
      expect([status, stderr]).toEqual([0, '']);
      return JSON.parse(stdout) as EraseSummary;
    };
    const held = place.garner('erase', '--user', user.toUpperCase(), '--out', out, '--dry-run').stdout;
    expect(held).toContain(`completions/${first.version}`);
    const summary = erase();
    const [tombstone] = summary.versions;
    expect(tombstone).toMatchObject({ version: first.version, digest: first.digest, reason: 'erasure' });
    expect(tombstone!.removed).toBeGreaterThan(0);
    expect(summary.probe).toMatchObject({ remaining: [], uncovered: [], unfinished: [] });

    expect(filesUnder(dataset)).toEqual([join(dataset, 'TOMBSTONE.json')]);
    const old = place.garner('verify', dataset);
    expect([old.status, old.stderr]).toEqual([1, expect.stringContaining(tombstone!.replacedBy!)]);
    const next = join(out, 'datasets', 'completions', tombstone!.replacedBy!);
    expect(place.garner('verify', next).stdout).toBe('signer: trusted\nverified\n');
    expect(readFileSync(join(next, 'README.md'), 'utf8')).toContain(`This version replaces ${first.version}`);

    const manifest = parseManifest(readFileSync(join(out, summary.certificate), 'utf8'));
    const [pem] = Object.values(manifest.publicKeys);
    expect(verify(manifest.envelopes[0], parsePublicKeys(pem!)).signers).toHaveLength(1);
    expect(manifest.envelopes[0]!.payloadType).toBe(PAYLOAD_TYPE);
    for (const folder of [out, place.path('config')]) expect(bytesUnder(folder).includes(user)).toBe(false);

    expect(erase().certificate).toBe(summary.certificate);
    const entries = place.garner('audit', 'show', '--what', 'erase', '--json').stdout.trim().split('\n');
    expect(entries).toHaveLength(1);

    const again = run();
    expect(again.reasons['erased']).toBeGreaterThan(0);
    expect(place.garner('erase', '--user', user, '--out', out, '--dry-run').stdout).toBe('');
    expect(again.version).not.toBe(first.version);
    expect(existsSync(join(dataset, 'data'))).toBe(false);
  }, 600_000);

  it('is told one subject, or ends with exit 2', () => {
    expect(place.garner('erase', '--out', out).status).toBe(2);
    expect(place.garner('erase', '--user', 'a', '--suggestion', 'b', '--out', out).status).toBe(2);
    expect(place.garner('erase', '--repository', 'nonsense', '--out', out).status).toBe(2);
  });
});

describe('an encrypted data file', () => {
  it('is opened by the age program with the local identity', ({ skip }) => {
    try {
      execFileSync('age', ['--version'], { stdio: 'ignore' });
    } catch {
      console.warn('age is not installed: its reading of our files was not tested');
      skip();
    }
    const file = filesUnder(join(out, 'datasets')).find((name) => name.endsWith('.parquet.age'))!;
    const identity = place.path('config', 'garner', 'keys', 'identity.txt');
    expect(execFileSync('age', ['-d', '-i', identity, file]).subarray(0, 4).toString()).toBe('PAR1');
  });
});
