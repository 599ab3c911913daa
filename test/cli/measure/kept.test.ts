/** Measuring what a finished curation admitted, where its policy lets it. */
import { appendFileSync, cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
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
