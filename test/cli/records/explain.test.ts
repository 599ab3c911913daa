import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplainedSegment } from '../../../cli/records/explain/print.ts';
import type { LedgerRow } from '../../../curation/stages/ledger.ts';
import { precedence, type Reason } from '../../../curation/verdict.ts';
import { SHARED, hasShared, workplace } from '../../command.ts';

const place = workplace('explain');
afterAll(() => place.remove());

interface Explained extends LedgerRow {
  segments: ExplainedSegment[];
}

const repository = (id: number, name: string, more: object = {}) => ({
  ...{ host: 'github.com', id, owner: 'acme', name, visibility: 'public', since: '2020-01-01T00:00:00Z' },
  ...more,
});
const lines = (values: object[]) => values.map((value) => JSON.stringify(value)).join('\n') + '\n';

beforeAll(() => {
  mkdirSync(place.path('facts', 'codeowners', 'github.com', 'acme', 'app'), { recursive: true });
  writeFileSync(
    place.path('facts', 'repositories.jsonl'),
    lines([repository(1, 'app'), repository(2, 'secret', { visibility: 'private' }), repository(3, 'other')]),
  );
  writeFileSync(
    place.path('facts', 'consents.jsonl'),
    lines([{ userId: 'u1', plan: 'pro', training: 'allowed', since: '2020-01-01T00:00:00Z' }]),
  );
  writeFileSync(
    place.path('facts', 'codeowners', 'github.com', 'acme', 'app', 'CODEOWNERS'),
    '# owners\n/legal/ @acme/legal\n',
  );
});

const FACTS = () => ['--facts', place.path('facts'), '--now', '2026-05-10'];
const explain = (...args: string[]) => place.garner('explain', ...args, ...FACTS());

function explained(events: object[], ...args: string[]): Explained[] {
  writeFileSync(place.path('events.jsonl'), lines(events));
  const { status, stdout, stderr } = explain('--input', 'events.jsonl', '--format', 'garner', '--json', ...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Explained);
}

const event = (given: Record<string, unknown>) => ({
  ...{ id: 'e1', type: 'accepted', time: '2026-05-01T10:00:00Z', suggestionId: 's1', user: { id: 'u1' } },
  repository: { url: 'https://x:token-of-u1@github.com/acme/app' },
  document: { path: 'src/a.ts' },
  prompt: { prefix: 'const a =', suffix: ';\n', context: [] },
  completion: ' compute(1, 2, 3)',
  ...given,
});
const outcomes = ({ segments }: Explained) =>
  segments.map(({ segment, outcome, verdict }) => `${segment} ${outcome}${verdict.keep ? '' : ` ${verdict.reason}`}`);

describe('garner explain --path', () => {
  it.each([
    ['src/a.ts', 'acme/app', 'path src/a.ts of github.com/acme/app: kept', ''],
    ['src/.env', 'acme/app', 'out (path_excluded)', 'policy.yaml:17 paths.exclude["*"][0] "**/.env*"'],
    ['legal/terms.ts', 'acme/app', 'out (codeowner_denied)', 'codeowners/github.com/acme/app/CODEOWNERS:2'],
    ['src/a.ts', 'acme/secret', 'out (repository_private)', 'repositories.jsonl:2'],
    ['../a.ts', 'acme/app', 'out (path_escapes_root)', 'leaves the repository'],
    ['src/a.ts', 'acme/nowhere', 'out (unknown_repository)', 'repositories.jsonl names no such repository'],
  ])('says of %s in %s: %s', (path, name, outcome, by) => {
    const { status, stdout } = explain('--path', path, '--repository', `https://u:hidden@github.com/${name}.git`);
    expect(status).toBe(0);
    expect(stdout).toContain(outcome);
    expect(stdout.replace(/\n */g, ' ')).toContain(by);
    expect(stdout).not.toContain('hidden');
    expect(/to flip/.test(stdout)).toBe(by !== '');
  });

  it('judges the moment that --at names, and the user that --user names', () => {
    const { stdout } = explain(
      ...['--path', 'a.ts', '--repository', 'github.com/acme/app', '--at', '2019-01-01', '--user', 'u1', '--json'],
    );
    const { segments, at, now } = JSON.parse(stdout) as { segments: ExplainedSegment[]; at: string; now: string };
    expect([at, now]).toEqual(['2019-01-01T00:00:00.000Z', '2026-05-10T00:00:00.000Z']);
    expect(segments.map(({ segment, verdict }) => [segment, verdict.keep ? 'keep' : verdict.reason])).toEqual([
      ['consent', 'no_consent'],
      ['path', 'unknown_repository'],
    ]);
  });

  it('asks for both path and repository', () => {
    expect(explain('--path', 'a.ts').status).toBe(2);
  });
});

describe('garner explain --input', () => {
  it('judges every piece of context by its own origin', () => {
    const context = [
      { path: 'src/b.ts', text: 'const b = 2;' },
      { path: 'src/c.ts', repository: { url: 'git@github.com:acme/secret.git' }, text: 'const c = 3;' },
      { text: 'no path' },
    ];
    const [row] = explained([event({ prompt: { prefix: 'const a =', suffix: '', context } })]);
    expect(outcomes(row!)).toEqual([
      'consent kept',
      'document kept',
      'context[0] kept',
      'context[1] stripped repository_private',
      'context[2] stripped unresolvable_path',
    ]);
    expect(row!.segments[3]!.repositories).toEqual(['github.com/acme/secret']);
  });

  it('judges a piece without a repository by every folder that was open', () => {
    const context = [{ path: 'src/b.ts', text: 'const b = 2;' }];
    const [row] = explained([
      event({
        workspaceRepositories: ['https://github.com/acme/app', 'https://github.com/acme/secret'],
        prompt: { prefix: 'const a =', suffix: '', context },
      }),
    ]);
    expect(outcomes(row!)).toEqual(['consent kept', 'document kept', 'context[0] stripped repository_private']);
  });

  it('explains text without a path by the document that its request names', () => {
    const rows = explained([
      event({ id: 'g', type: 'generated', requestId: 'r1', document: { path: 'legal/x.ts' }, completion: undefined }),
      event({ id: 'a', requestId: 'r1', document: {}, prompt: undefined }),
    ]);
    const accept = rows.find(({ event: id }) => id === 'a')!;
    expect(outcomes(accept)).toEqual(['consent kept', 'document out codeowner_denied']);
    expect(accept.segments[1]!.path).toBe('legal/x.ts');
    expect(accept.reason).toBe('codeowner_denied');
  });

  it('takes the record where the policy says that pieces take it', () => {
    writeFileSync(
      place.path('strict.yaml'),
      'version: 1\npurpose: model-improvement\nsegments: {whenPieceGoes: exclude}\noutput: {name: x, formats: [sft], audience: [copilot-team]}\n',
    );
    const context = [{ path: 'src/c.ts', repository: { url: 'https://github.com/acme/secret' }, text: 'const c = 3;' }];
    const given = [event({ prompt: { prefix: 'const a =', suffix: '', context } })];
    const [row] = explained(given, '--policy', 'strict.yaml');
    expect(outcomes(row!)[2]).toBe('context[0] out repository_private');
    expect(row!.reason).toBe('repository_private');
  });

  it('says so where a record from the future has no other fault', () => {
    const [row] = explained([event({ time: '2026-06-01T00:00:00Z' })]);
    expect(outcomes(row!)[0]).toBe('time out clock_skew');
  });

  it('shows no credentials and no text of the record', () => {
    const context = [{ path: 'src/b.ts', text: 'const neighbour = 2;' }];
    writeFileSync(place.path('events.jsonl'), lines([event({ prompt: { prefix: 'const a =', suffix: '', context } })]));
    const { stdout } = explain('--input', 'events.jsonl');
    expect(stdout).toContain('document src/a.ts of github.com/acme/app: kept');
    expect(stdout).not.toMatch(/token-of-u1|neighbour|compute/);
  });

  it('exits with 2 for an event that the input does not hold', () => {
    writeFileSync(place.path('events.jsonl'), lines([event({})]));
    expect(explain('--input', 'events.jsonl', '--event', 'nobody').status).toBe(2);
  });
});

describe('garner explain --event --run', () => {
  const private_ = { path: 'src/c.ts', repository: { url: 'https://github.com/acme/secret' }, text: 'const c = 3;' };
  const events = [
    event({ prompt: { prefix: 'const a =', suffix: '', context: [private_] } }),
    event({ id: 'e2', suggestionId: 's2', document: { path: 'legal/terms.ts' } }),
    event({ id: 'g3', suggestionId: 's3', type: 'generated', requestId: 'r3', completion: undefined }),
    event({ id: 'e3', suggestionId: 's3', requestId: 'r3', document: {}, prompt: undefined }),
  ];
  let run = '';
  const ask = (id: string, ...more: string[]) => place.garner('explain', '--event', id, '--run', run, ...more);
  const told = (id: string, ...more: string[]) =>
    JSON.parse(ask(id, '--json', ...more).stdout) as Explained & { note?: string };
  beforeAll(() => {
    mkdirSync(place.path('given'));
    writeFileSync(place.path('given', 'a.jsonl'), lines(events.slice(0, 3)));
    writeFileSync(place.path('given', 'b.jsonl'), lines(events.slice(3)));
    const { status, stdout, stderr } = place.garner(
      ...['run', '--input', 'given', '--facts', 'facts', '--now', '2026-05-10', '--json', '--format', 'garner'],
    );
    expect(status, stderr).toBe(0);
    run = (JSON.parse(stdout.trim().split('\n').at(-1)!) as { runId: string }).runId;
  });

  it('prints the chain of every segment, as it does for a file', () => {
    for (const [id, file] of [
      ['e1', 'a'],
      ['e2', 'a'],
    ] as const) {
      const [alone] = explain('--input', `given/${file}.jsonl`, '--event', id, '--json').stdout.split('\n');
      expect(told(id).segments).toEqual((JSON.parse(alone!) as Explained).segments);
    }
    expect(outcomes(told('e1'))).toEqual(['consent kept', 'document kept', 'context[0] stripped repository_private']);
    const { stdout } = ask('e2');
    expect(stdout).toContain('document legal/terms.ts of github.com/acme/app: out (codeowner_denied)');
    expect(stdout.replace(/\n */g, ' ')).toMatch(
      / by +codeowners.github.com.acme.app.CODEOWNERS:2 .* to flip +CODEOWNERS names another owner/,
    );
  });

  it('finds the document that a request names in another source', () => {
    const { segments, source } = told('e3');
    expect(source).toBe('given/b.jsonl');
    expect(segments[1]).toMatchObject({ segment: 'document', path: 'src/a.ts', outcome: 'kept' });
  });

  it('judges by the policy and the facts of the run, and says so where the facts have changed since', () => {
    cpSync(place.path('facts'), place.path('facts-then'), { recursive: true });
    writeFileSync(place.path('facts', 'teams.jsonl'), lines([{ team: '@acme/legal', parent: '@acme/all' }]));
    const changed = told('e2');
    expect(changed).toMatchObject({ reason: 'codeowner_denied', segments: [] });
    expect(changed.note).toContain('the facts are not those of the run');
    expect(outcomes(told('e2', '--facts', 'facts-then'))[1]).toBe('document out codeowner_denied');
    rmSync(place.path('facts', 'teams.jsonl'));
  });

  it('gives the ledger row alone where the source has changed, or is gone', () => {
    appendFileSync(place.path('given', 'a.jsonl'), '\n');
    expect(told('e2')).toMatchObject({ reason: 'codeowner_denied', segments: [] });
    expect(ask('e2').stdout).toMatch(
      /^given\/a.jsonl:2 {2}e2 {2}excluded {2}codeowner_denied.*\n {2}no chain .*has changed/,
    );
    rmSync(place.path('given', 'a.jsonl'));
    expect(told('e2').note).toContain('is gone');
    // The other source is what it was.
    expect(told('e3').note).toBeUndefined();
  });

  it('tells nothing to who cannot open the ledger', () => {
    const { status, stdout } = ask('e2', '--keys', place.path('other-keys'));
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
  });

  it('exits with 2 for an event that the run does not know', () => {
    expect(ask('nobody').status).toBe(2);
  });
});

/** A suggestion's rows bear the first reason among the segments of all its records, where rules decide at all. */
function checkAgainstRows(rows: Explained[], suggestionOf: (row: Explained) => string | undefined): number {
  const LAST = precedence('rule_error');
  const first = new Map<string, Reason>();
  for (const row of rows) {
    const suggestion = suggestionOf(row);
    // A rejected record has no say in what becomes of the others.
    if (suggestion === undefined || row.outcome === 'rejected') continue;
    for (const { outcome, verdict } of row.segments) {
      if (outcome !== 'out' || verdict.keep) continue;
      const before = first.get(suggestion);
      if (before === undefined || precedence(verdict.reason) < precedence(before))
        first.set(suggestion, verdict.reason);
    }
  }
  let checked = 0;
  for (const row of rows) {
    const expected = first.get(suggestionOf(row) ?? '');
    if (row.outcome === 'rejected' || row.reason === 'duplicate' || suggestionOf(row) === undefined) continue;
    const ofRules = row.outcome === 'excluded' && precedence(row.reason as Reason) <= LAST;
    expect(ofRules ? row.reason : undefined, `${row.source}:${row.line}`).toBe(expected);
    checked++;
  }
  return checked;
}

describe('explanations of generated events', () => {
  it('give the reason that the ledger gives, for every record', async () => {
    expect(place.garner('generate', '--events', '600', '--seed', '11', '--out', 'sample').status).toBe(0);
    const { stdout } = place.garner(
      ...['explain', '--input', 'sample/events', '--facts', 'sample/facts', '--now', '2026-06-01', '--json'],
    );
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Explained);
    const suggestions = await suggestionsUnder(place.path('sample', 'events'));
    const checked = checkAgainstRows(rows, ({ event: id }) => (id === null ? undefined : suggestions.get(id)));
    expect(checked).toBeGreaterThan(400);
  });
});

async function suggestionsUnder(folder: string): Promise<Map<string, string>> {
  const { readdirSync, readFileSync } = await import('node:fs');
  const { gunzipSync } = await import('node:zlib');
  const found = new Map<string, string>();
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    for (const line of (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n')) {
      const id = /"id":"([^"]+)"/.exec(line)?.[1];
      const suggestion = /"suggestionId":"([^"]+)"/.exec(line)?.[1];
      if (id !== undefined && suggestion !== undefined) found.set(id, suggestion);
    }
  }
  return found;
}

const coderec = join(SHARED, 'data', 'coderec', 'participant-00.jsonl');
if (!hasShared || !existsSync(coderec)) console.warn(`SKIPPED: ${coderec} is absent, so no telemetry is explained`);

describe.skipIf(!existsSync(coderec))('explanations of Copilot telemetry', () => {
  it('judge every record that carries text by the path in its prompt', () => {
    const { status, stdout } = place.garner(
      ...[
        'explain',
        '--input',
        coderec,
        '--facts',
        join(SHARED, 'data', 'coderec-facts'),
        '--now',
        '2026-05-10',
        '--json',
      ],
    );
    expect(status).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Explained);
    const documents = rows.flatMap(({ segments }) => segments.filter(({ segment }) => segment === 'document'));
    expect(documents.length).toBeGreaterThan(10);
    for (const { verdict, path } of documents) if (path === undefined) expect(verdict).toMatchObject({ keep: false });
    for (const { outcome, segments } of rows)
      if (outcome === 'kept') for (const { segment, outcome: own } of segments) if (!segment.startsWith('context')) expect(own).toBe('kept'); // prettier-ignore
  });
});
