/** The measuring commands as a user runs them, on real telemetry and on a sample. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesUnder, hasShared, PROJECT, SHARED, workplace } from '../../command.ts';
import { openRelational } from '../../../storage/relational.ts';
import { quantile } from '../../../curation/measurement/estimators/quantile.ts';

if (!hasShared) console.warn('SKIPPED: no shared test data: evaluation is not checked against real telemetry');

interface Figure {
  measure: string;
  value: number;
  numerator: number;
  denominator: number;
  users: number;
}
interface Told {
  cells: { dimension: string; value: string; figures: Figure[]; totals: Record<string, number>; survival: { time: number; survival: number }[]; latency: { p50: number } | null }[]; // prettier-ignore
  withheld: Record<string, { whole: number; part: number }>;
}
const place = workplace('measure');
afterAll(() => place.remove());
const policyOf = (purpose: string) => readFileSync(join(PROJECT, 'config', 'purposes', `${purpose}.yaml`), 'utf8');
const only = (folder: string): string => join(folder, readdirSync(folder)[0]!);
const told = (out: string, name: string, file: string): unknown =>
  JSON.parse(readFileSync(join(only(place.path(out, 'datasets', name)), 'data', file), 'utf8'));

describe.skipIf(!hasShared)('garner evaluate on the telemetry of ten programmers', () => {
  const figures = new Map<string, Figure>();
  let evaluation: Told;
  beforeAll(() => {
    writeFileSync(place.path('window.yaml'), policyOf('product-evaluation').replace('period: day', 'period: window'));
    const data = ['--input', join(SHARED, 'data/coderec'), '--facts', join(SHARED, 'data/coderec-facts')];
    const ended = place.garner('evaluate', ...data, '--policy', 'window.yaml', '--out', 'real', '--plain', '--now', '2026-05-01', '--json'); // prettier-ignore
    expect(ended.status, ended.stderr).toBe(0);
    const { records, kept, excluded, rejected } = JSON.parse(ended.stdout) as Record<string, number>;
    expect(kept! + excluded! + rejected!).toBe(records);
    evaluation = told('real', 'evaluation', 'figures.json') as Told;
    for (const figure of evaluation.cells[0]!.figures) figures.set(figure.measure, figure);
  });

  interface Line {
    name: string;
    properties: Record<string, string>;
    measurements: Record<string, number>;
  }
  const lines: Line[] = !hasShared
    ? []
    : readdirSync(join(SHARED, 'data/coderec')).flatMap((file) =>
        readFileSync(join(SHARED, 'data/coderec', file), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Line),
      );
  const named = (name: string) => lines.filter((line) => line.name === `copilot/ghostText.${name}`);
  const idOf = (line: Line) => line.properties['headerRequestId']!;

  it('tells the acceptance that counting lines gives', () => {
    const accepted = new Set(named('accepted').map(idOf));
    const shown = new Set(named('shown').map(idOf));
    const rate = figures.get('acceptance_rate_shown')!;
    expect([rate.numerator, rate.denominator]).toEqual([accepted.size, shown.size]);
    const read = new Set(
      [...named('accepted'), ...named('rejected').filter((l) => l.measurements['timeSinceDisplayedMs']! >= 750)].map(
        idOf,
      ),
    );
    expect(figures.get('acceptance_rate')!.denominator).toBe(read.size);
    expect(rate.value).toBeGreaterThan(0.3);
    expect(rate.value).toBeLessThan(0.38);
  });

  it.each([15, 30, 120, 300, 600])('tells the retention at %d s that counting lines gives', (horizon) => {
    const checks = named('stillInCode').filter((line) => line.measurements['timeout'] === horizon);
    const kept = checks.filter((line) => line.measurements['relativeLexEditDistance']! <= 0.33);
    const found = figures.get(`retained_${horizon}`)!;
    expect([found.numerator, found.denominator]).toEqual([kept.length, checks.length]);
  });

  it('tells the survival that following each accept gives', () => {
    const byAccept = new Map<string, Map<number, number>>();
    for (const line of named('stillInCode')) {
      const of = byAccept.get(idOf(line)) ?? new Map<number, number>();
      byAccept.set(idOf(line), of.set(line.measurements['timeout']!, line.measurements['relativeLexEditDistance']!));
    }
    // Nobody is censored before the end: survival is the share that was never found lost.
    let left = byAccept.size;
    for (const { time, survival } of evaluation.cells[0]!.survival) {
      left = [...byAccept.values()].filter((of) => [...of].every(([at, d]) => at > time || d <= 0.33)).length;
      expect(survival).toBeCloseTo(left / byAccept.size, 12);
    }
    expect(left).toBeGreaterThan(0);
  });

  it('withholds days, each of which few of them worked on', () => {
    expect(evaluation.withheld['day']).toEqual({ whole: 4, part: 0 });
    expect(evaluation.cells.filter(({ dimension }) => dimension === 'day')).toEqual([]);
    expect(quantile([[1, 1]], 0.5)).toBe(1);
  });

  it('is verified, and another window that overlaps it is refused', () => {
    expect(place.garner('verify', only(place.path('real/datasets/evaluation'))).stdout).toContain('verified');
    const data = ['--input', join(SHARED, 'data/coderec'), '--facts', join(SHARED, 'data/coderec-facts')];
    const again = place.garner('evaluate', ...data, '--policy', 'window.yaml', '--out', 'real', '--window', '2022-08-08/2022-08-10'); // prettier-ignore
    expect([again.status, again.stderr]).toEqual([3, expect.stringContaining('overlaps') as string]);
  });
});

describe('measuring a sample', () => {
  const run = (command: string, ...more: string[]) =>
    place.garner(command, '--input', 's/events', 'robot.jsonl', '--facts', 's/facts', '--out', 'o', '--now', '2026-05-01', ...more); // prettier-ignore
  let robot = '';
  beforeAll(() => {
    expect(place.garner('generate', '--events', '6000', '--seed', '3', '--out', 's').status).toBe(0);
    const consents = readFileSync(place.path('s/facts/consents.jsonl'), 'utf8').split('\n');
    const people = consents.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, string>);
    robot = people.find(({ plan, training }) => plan === 'pro' && training === 'allowed')!['userId']!;
    const repositories = readFileSync(place.path('s/facts/repositories.jsonl'), 'utf8').split('\n');
    const known = repositories.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, string>);
    // One that was public all along: of others the repository's reason comes before that of abuse.
    const open = known.find((one) => one['visibility'] === 'public' && !one['forkOf'] && !one['deleted'] && known.filter(({ id }) => id === one['id']).length === 1)!; // prettier-ignore
    const url = `https://${open['host']}/${open['owner']}/${open['name']}.git`;
    writeFileSync(place.path('robot.jsonl'), robotEvents(robot, url));
  });

  it('keeps code, paths and repositories out of every evaluation', () => {
    const ended = run('evaluate', '--plain');
    expect(ended.status, ended.stderr).toBe(0);
    const all = bytesUnder(place.path('o', 'datasets', 'evaluation')).toString('latin1');
    for (const secret of ['const a = 1', 'src/', 'github.com', robot]) expect(all).not.toContain(secret);
    expect(all).not.toContain('NaN');
    expect(existsSync(only(place.path('o', 'datasets', 'evaluation')))).toBe(true);
  });

  it('is told apart by verify from one that holds a field, a column or a file beyond its purpose', async () => {
    const folder = only(place.path('o', 'datasets', 'evaluation'));
    expect(place.garner('verify', folder).status).toBe(0);
    const tampered = (name: string): string => {
      cpSync(folder, place.path(name), { recursive: true });
      return place.path(name);
    };
    const json = join(tampered('field'), 'data', 'figures.json');
    const figures = JSON.parse(readFileSync(json, 'utf8')) as { cells: object[] };
    figures.cells.push({ dimension: 'path', repositoryName: 'acme/app' });
    writeFileSync(json, JSON.stringify(figures));
    writeFileSync(join(tampered('file'), 'data', 'code.jsonl'), '{}\n');
    const parquet = join(tampered('column'), 'data', 'figures.parquet');
    const db = await openRelational({ scratch: place.path('scratch') });
    await db.run(`COPY (SELECT *, 'src/a.ts' AS path FROM read_parquet('${join(folder, 'data', 'figures.parquet')}')) TO '${parquet}' (FORMAT parquet)`); // prettier-ignore
    await db.close();
    for (const [name, said] of [
      ['field', 'field repositoryName is beyond product-evaluation'],
      ['file', 'a product-evaluation publishes no file code.jsonl'],
      ['column', 'column path is beyond product-evaluation'],
    ] as const) {
      const ended = place.garner('verify', place.path(name));
      expect([name, ended.status, ended.stdout]).toEqual([name, 1, expect.stringContaining(said) as string]);
    }
  });

  it('seals what it is not told to leave plain', () => {
    expect(run('aggregate').status).toBe(0);
    const folder = only(place.path('o', 'datasets', 'aggregates'));
    expect(readdirSync(join(folder, 'data')).sort()).toEqual(['aggregates.json.age', 'report.html.age']);
    expect(place.garner('verify', folder).stdout).toContain('verified');
  });

  it('finds a script, keeps it from training once a reviewer confirmed it, and not before', () => {
    const found = run('abuse');
    expect(found.status, found.stderr).toBe(0);
    const cases = place.garner('abuse', 'list', '--json').stdout.trim().split('\n');
    const [top] = cases.map((line) => JSON.parse(line) as { user: string; signals: { signal: string }[] });
    expect(top!.signals.map(({ signal }) => signal)).toEqual(expect.arrayContaining(['acceptance', 'regularity', 'tireless', 'templates'])); // prettier-ignore
    const reasons = () => (JSON.parse(run('run', '--json').stdout) as { reasons: Record<string, number> }).reasons;
    expect(reasons()['abuse']).toBeUndefined();
    expect(place.garner('abuse', 'confirm', top!.user, '--by', 'eve', '--why', 'a script').status).toBe(0);
    expect(reasons()['abuse']).toBeGreaterThan(0);
    // In another epoch of pseudonyms the reviewer's word still holds, and the case stays one case.
    expect(place.garner('keys', 'rotate', '--only', 'pseudonyms', '--why', 'every quarter').status).toBe(0);
    expect(reasons()['abuse']).toBeGreaterThan(0);
    expect(run('abuse').status).toBe(0);
    expect(place.garner('abuse', 'list', '--json').stdout.trim().split('\n')).toHaveLength(cases.length);
    expect(place.garner('abuse', 'dismiss', 'nobody-so', '--by', 'eve', '--why', 'no').status).toBe(2);
  }, 600_000);

  it('forgets somebody who is erased: in the queues, with the reviewers, and in the next investigation', () => {
    const cases = () => place.garner('abuse', 'list', '--json').stdout;
    const [top] = cases().split('\n').map((line) => JSON.parse(line || 'null') as { user: string }); // prettier-ignore
    const folder = place.path('o', 'datasets', 'abuse');
    const standing = () =>
      readdirSync(folder).filter((version) => existsSync(join(folder, version, 'manifest.dsse.json')));
    const before = readdirSync(folder);
    expect(standing()).toEqual(before);
    const ended = place.garner('erase', '--user', robot, '--facts', 's/facts', '--out', 'o', '--json');
    expect(ended.status, ended.stderr).toBe(0);
    const { versions } = JSON.parse(ended.stdout) as {
      versions: { name: string; version: string; replacedBy: null }[];
    };
    const queues = versions.filter(({ name }) => name === 'abuse');
    expect(queues.map(({ version, replacedBy }) => [version, replacedBy])).toEqual(before.map((version) => [version, null])); // prettier-ignore
    for (const version of before) expect(readdirSync(join(folder, version))).toEqual(['TOMBSTONE.json']);
    expect(cases()).not.toContain(top!.user);
    const again = run('abuse', '--json');
    expect(again.status, again.stderr).toBe(0);
    expect((JSON.parse(again.stdout) as { reasons: Record<string, number> }).reasons['erased']).toBeGreaterThan(4000);
    expect(cases()).not.toContain(top!.user);
    expect(standing()).toHaveLength(1);
    const opened = place.garner('open', join(folder, standing()[0]!), '--out', place.path('queue'));
    expect([opened.status, bytesUnder(place.path('queue', 'data')).includes(top!.user)]).toEqual([0, false]);
  }, 600_000);

  it.each([
    ['start: 2026-04-20', 'start: 2031-01-01', /:\d+ start|end/],
    ['[arm-a]', '[arm-z]', /:5 arms\[1\]\.strategies/],
    ['[arm-a]', '[default]', /:5 arms\[1\]\.strategies\[0\].*overlap/],
    ['primary:', 'secondary:', /secondary|primary/],
  ])('refuses an experiment with %s turned into %s, by line and field', (from, to, expected) => {
    writeFileSync(place.path('bad.yaml'), EXPERIMENT.replace(from, to));
    const ended = run('assess', '--experiment', 'bad.yaml');
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(expected);
  });

  it('leaves out users seen in two arms, and says so', () => {
    writeFileSync(place.path('experiment.yaml'), EXPERIMENT);
    const ended = run('assess', '--experiment', 'experiment.yaml', '--plain', '--json');
    expect(ended.status, ended.stderr).toBe(0);
    expect((JSON.parse(ended.stdout) as { reasons: Record<string, number> }).reasons['several_arms']).toBeGreaterThan(
      0,
    );
    const { assessment } = told('o', 'assessment', 'assessment.json') as { assessment: { words: string[] } };
    expect(assessment.words[0]).toMatch(/^There is no verdict: too few users|^No difference|^A treatment/);
  });

  it('refuses a policy that asks for more than its purpose may know', () => {
    mkdirSync(place.path('p'), { recursive: true });
    writeFileSync(place.path('p/more.yaml'), policyOf('product-evaluation').replace('[ide,', '[path, ide,'));
    const ended = run('evaluate', '--policy', 'p/more.yaml');
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/more\.yaml:\d+ measure\.fields\[0\]: product-evaluation may not know "path"/);
  });
});

const EXPERIMENT = `version: 1
name: bolder
arms:
  - { name: control, strategies: [default] }
  - { name: bold, strategies: [arm-a] }
control: control
primary: { measure: acceptance_rate, better: higher, effect: 0.05 }
guardrails: [{ measure: latency_mean, better: lower }]
start: 2026-04-20
end: 2026-04-27
`;

/** Somebody who takes everything, every minute, for a day and more. */
function robotEvents(user: string, url: string): string {
  const start = Date.parse('2026-04-20T00:00:00Z');
  const events = Array.from({ length: 1500 }, (_, at) => {
    const time = (after: number) => new Date(start + at * 60_000 + after).toISOString();
    const base = { suggestionId: `r${at}`, user: { id: user }, client: { ide: 'vscode' } };
    const prompt = { prefix: `// write part ${at} of "thing ${at}"\n`, suffix: '', context: [] };
    return [
      { id: `g${at}`, type: 'generated', time: time(0), prompt, completion: `const a = 1; return a + ${at}; // and more`, document: { path: 'lib/a.ts' }, repository: { url }, ...base }, // prettier-ignore
      { id: `s${at}`, type: 'shown', time: time(10), ...base },
      { id: `a${at}`, type: 'accepted', time: time(900), displayedMs: 890, ...base },
    ];
  });
  return events.flat().map((event) => JSON.stringify(event) + '\n').join(''); // prettier-ignore
}
