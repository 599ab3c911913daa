/** Measuring what a finished curation admitted, where its policy lets it. */
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesUnder, PROJECT, workplace } from '../../command.ts';

const place = workplace('kept');
afterAll(() => place.remove());

interface Told {
  cells: { dimension: string; totals: Record<string, number> }[];
}
const policyOf = (file: string) => readFileSync(join(PROJECT, 'config', file), 'utf8');
const evaluation = policyOf('purposes/product-evaluation.yaml').replace('period: day', 'period: window');
/** What a measurement of sources tells, and one of buckets. */
const EXPERIMENT = `version: 1
name: bolder
arms:
  - { name: control, strategies: [arm-a], share: 1 }
  - { name: bold, strategies: [arm-b], share: 1 }
control: control
primary: { measure: acceptance_rate, better: higher, effect: 0.05 }
guardrails: [{ measure: latency_mean, better: lower }]
start: 2026-04-21
end: 2026-04-29
preDays: 3
horizon: fixed
`;
/** Those whom a curation lets in: users of plans that train, who allow it. */
const narrow = evaluation
  .replace(', student, teacher, business, enterprise]', ']')
  .replace('training: ignored', 'training: required');
const totals = (out: string): Record<string, number> => {
  const folder = place.path(out, 'datasets', 'evaluation');
  const file = join(folder, readdirSync(folder)[0]!, 'data', 'figures.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as Told).cells[0]!.totals;
};
const summaryOf = (stdout: string) => JSON.parse(stdout) as Record<string, number> & { runId: string };
const ALL = ['--facts', 'facts', '--out', 'o', '--now', '2026-05-01', '--json'];

describe('garner evaluate --run', () => {
  let run = '';
  beforeAll(() => {
    expect(place.garner('generate', '--events', '6000', '--seed', '3', '--out', '.').status).toBe(0);
    writeFileSync(place.path('narrow.yaml'), narrow);
    writeFileSync(place.path('few.yaml'), narrow.replace('[free, pro, pro_plus]', '[pro]'));
    const keeping = policyOf('policy.yaml').replace('output:', 'output:\n  measurable: [product-evaluation]');
    writeFileSync(place.path('keeping.yaml'), keeping);
    const ended = place.garner('run', '--input', 'events', '--policy', 'keeping.yaml', ...ALL);
    expect(ended.status, ended.stderr).toBe(0);
    run = summaryOf(ended.stdout).runId;
  });
  const measure = (...more: string[]) => place.garner('evaluate', '--run', run, '--plain', '--json', ...more);

  it('tells what measuring the sources tells of the same people', () => {
    const kept = measure('--policy', 'narrow.yaml', '--out', 'o');
    expect(kept.status, kept.stderr).toBe(0);
    const sources = place.garner('evaluate', '--input', 'events', '--policy', 'narrow.yaml', '--plain', ...ALL.with(3, 'p')); // prettier-ignore
    expect(sources.status, sources.stderr).toBe(0);
    // Of text that the curation took out the characters are known, the lines are not.
    const { suggested_lines: _s, accepted_lines: _a, ...counted } = totals('p');
    expect(totals('o')).toMatchObject(counted);
    const { records, kept: measured, excluded, rejected } = summaryOf(kept.stdout);
    expect(measured! + excluded! + rejected!).toBe(records);
  });

  it('keeps code, paths and repositories out of what it publishes, though the buckets hold them', () => {
    const all = bytesUnder(place.path('o', 'datasets', 'evaluation')).toString('latin1');
    for (const secret of ['src/', 'github.com', 'return', 'const ']) expect(all).not.toContain(secret);
  });

  it('is refused where the policies do not fit each other, by name', () => {
    const few = measure('--policy', 'few.yaml', '--out', 'o');
    expect([few.status, few.stderr]).toEqual([2, expect.stringMatching(/let in users of plan free, whom few\.yaml/)]);
    const other = place.garner('aggregate', '--run', run, '--out', 'o');
    expect([other.status, other.stderr]).toEqual([2, expect.stringMatching(/lets product-evaluation measure it/)]);
    const nobody = measure('--out', 'elsewhere');
    expect([nobody.status, nobody.stderr]).toEqual([2, expect.stringMatching(/has no buckets/)]);
  });

  it('is refused once the facts have changed: somebody may have withdrawn', () => {
    cpSync(place.path('facts'), place.path('later'), { recursive: true });
    appendFileSync(place.path('later/consents.jsonl'), '{"userId":"u-new","plan":"pro","training":"denied","since":"2026-04-30T00:00:00Z"}\n'); // prettier-ignore
    const ended = measure('--policy', 'narrow.yaml', '--out', 'o', '--facts', 'later', '--window', '2026-04-20/2026-04-22'); // prettier-ignore
    expect([ended.status, ended.stderr]).toEqual([3, expect.stringMatching(/facts have changed since run-/)]);
  });

  it('finds nothing any more once somebody was erased', () => {
    expect(existsSync(place.path('o/runs', run, 'admit'))).toBe(true);
    const [line] = readFileSync(place.path('facts/consents.jsonl'), 'utf8').split('\n');
    const { userId } = JSON.parse(line!) as { userId: string };
    const ended = place.garner('erase', '--user', userId, '--facts', 'facts', '--out', 'o');
    expect(ended.status, ended.stderr).toBe(0);
    expect(measure('--policy', 'narrow.yaml', '--out', 'o').stderr).toMatch(/has no buckets/);
    expect(bytesUnder(place.path('o/runs', run)).length).toBeLessThan(100_000);
  });
});

describe('every purpose that a run lets measure it', () => {
  const at = (file: string) => place.path('trial', file);
  const run = (command: string, ...more: string[]) => {
    const ended = place.garner(command, '--plain', '--json', ...more);
    expect(ended.status, ended.stderr).toBe(0);
    return summaryOf(ended.stdout);
  };
  const sources = ['--input', at('events'), '--facts', at('facts'), '--now', '2026-05-01'];
  /** The files of what was published last under a folder and name. */
  const told = (out: string, name: string, file: string): Record<string, unknown> => {
    const [version] = readdirSync(at(`${out}/datasets/${name}`));
    return JSON.parse(readFileSync(at(`${out}/datasets/${name}/${version}/data/${file}`), 'utf8')) as Record<string, unknown>; // prettier-ignore
  };
  let curated = '';
  beforeAll(() => {
    mkdirSync(at('events'), { recursive: true });
    writeFileSync(at('experiment.yaml'), EXPERIMENT);
    expect(place.garner('generate', '--events', '12000', '--seed', '5', '--out', at('sample')).status).toBe(0);
    cpSync(at('sample/facts'), at('facts'), { recursive: true });
    // Users in one arm each, whose plan the facts alone know.
    for (const file of readdirSync(at('sample/events')).filter((name) => name.endsWith('.jsonl'))) {
      const lines = readFileSync(at(`sample/events/${file}`), 'latin1').split('\n');
      const arms = lines.map((line) => {
        const user = /"user":\{"id":"([^"]+)"/.exec(line)?.[1] ?? '';
        const arm = Buffer.from(user).reduce((sum, byte) => sum + byte, 0) % 2 ? 'arm-a' : 'arm-b';
        return line.replace(/"strategy":"[^"]*"/, `"strategy":"${arm}"`).replace(/,"plan":"(free|pro|pro_plus)"/, '');
      });
      writeFileSync(at(`events/${file}`), arms.join('\n'), 'latin1');
    }
    const keeping = 'output:\n  measurable: [product-evaluation, strategy-assessment, related-products]';
    writeFileSync(at('keeping.yaml'), policyOf('policy.yaml').replace('output:', keeping));
    for (const purpose of ['strategy-assessment', 'product-evaluation']) {
      const policy = policyOf(`purposes/${purpose}.yaml`).replace(', student, teacher, business, enterprise]', ']');
      writeFileSync(at(`${purpose}.yaml`), policy.replace('training: ignored', 'training: required').replace('period: day', 'period: window')); // prettier-ignore
    }
    curated = run('run', ...sources, '--policy', at('keeping.yaml'), '--out', at('kept')).runId;
  });

  it('assesses its experiment as the sources do, with a verdict', () => {
    const how = ['--experiment', at('experiment.yaml'), '--policy', at('strategy-assessment.yaml')];
    run('assess', '--run', curated, ...how, '--out', at('kept'));
    run('assess', ...sources, ...how, '--out', at('sources'));
    const [kept, own] = ['kept', 'sources'].map((out) => told(out, 'assessment', 'assessment.json'));
    // Sums of other pseudonyms are taken in another order.
    const rounded = (one: unknown) =>
      JSON.stringify(one, (_, value: unknown) => (typeof value === 'number' ? value.toPrecision(9) : value));
    expect(rounded(kept!['assessment'])).toEqual(rounded(own!['assessment']));
    expect(kept!['assessment']).toMatchObject({ conclusion: expect.stringMatching(/better|worse|no_difference|harms/) as string, severalArms: 0 }); // prettier-ignore
  });

  it('tells other products what the sources tell', () => {
    // Which of a user's many cells count is drawn by a key of the measurement: with bounds that nobody reaches none is left out.
    // Of text that the curation took out for other reasons than privacy the sources still tell framework and shape.
    const unbounded = policyOf('purposes/related-products.yaml')
      .replace('rowsPerCell: 20, cellsPerUser: 5', 'rowsPerCell: 100000, cellsPerUser: 1000')
      .replace('fields: [language, framework, shape]', 'fields: [language]');
    writeFileSync(at('related-products.yaml'), unbounded);
    const how = ['--policy', at('related-products.yaml')];
    run('aggregate', '--run', curated, ...how, '--out', at('kept'));
    run('aggregate', ...sources, ...how, '--out', at('sources'));
    const [kept, own] = ['kept', 'sources'].map(
      (out) => told(out, 'aggregates', 'aggregates.json')['cells'] as object[],
    );
    expect(kept).toEqual(own);
    expect(kept!.length).toBeGreaterThan(3);
  });

  it('evaluates by the plan that the facts knew, where events name none', () => {
    const how = ['--policy', at('product-evaluation.yaml')];
    run('evaluate', '--run', curated, ...how, '--out', at('kept'));
    run('evaluate', ...sources, ...how, '--out', at('sources'));
    const plans = ['kept', 'sources'].map((out) =>
      (
        told(out, 'evaluation', 'figures.json')['cells'] as {
          dimension: string;
          value: string;
          totals: Record<string, number>;
        }[]
      )
        .filter(({ dimension }) => dimension === 'plan')
        .map(({ value, totals: { suggested_lines: _s, accepted_lines: _a, ...counted } }) => [value, counted]),
    );
    expect(plans[0]).toEqual(plans[1]);
    expect(plans[0]!.map(([plan]) => plan)).not.toContain('unknown');
    expect(plans[0]!.length).toBeGreaterThan(1);
  });

  it('leaves the search for abuse to the sources: pseudonyms that last are in no bucket', () => {
    const abuse = place.garner('abuse', '--run', curated, '--out', at('kept'));
    expect([abuse.status, abuse.stderr]).toEqual([2, expect.stringContaining('not abuse-investigation')]);
    writeFileSync(at('wide.yaml'), policyOf('policy.yaml').replace('output:', 'output:\n  measurable: [abuse-investigation]')); // prettier-ignore
    const wide = place.garner('run', ...sources, '--policy', at('wide.yaml'), '--out', at('none'));
    expect([wide.status, wide.stderr]).toEqual([2, expect.stringMatching(/wide\.yaml:\d+ output\.measurable/)]);
  });

  it('ends with the age that the policy gives its buckets, of which ledger and dataset stay', () => {
    writeFileSync(at('aged.yaml'), readFileSync(at('keeping.yaml'), 'utf8') + '\nretention: { staging: 3d }\n');
    const soon = new Date(Date.now() + 4 * 86_400_000).toISOString();
    const ended = place.garner('retention', '--policy', at('aged.yaml'), '--out', at('kept'), '--now', soon, '--json');
    expect([ended.status, JSON.parse(ended.stdout)]).toMatchObject([0, { items: { staging: 1, dataset: 0 }, remaining: [] }]); // prettier-ignore
    expect(readdirSync(at(`kept/runs/${curated}`)).sort()).toEqual(['ledger', 'run.json']);
    expect(place.garner('evaluate', '--run', curated, '--out', at('kept')).stderr).toMatch(/has no buckets/);
  });
});
