/** What a run ends with on a terminal: the funnel from records to examples, and where to look next. */
import { precedence, type Reason } from '../../curation/verdict.ts';
import type { RunSummary } from '../../activities/types.ts';
import { placeIn } from '../../storage/objects.ts';
import { outHint } from '../options.ts';
import { group } from './progress.ts';

const WIDTH = 26;

/** @param own whether the server was the run's own, whose histories lie in `out` */
export function printSummary(summary: RunSummary, out: string, own: boolean): void {
  const { records, kept, excluded, rejected, examples, reasons } = summary;
  const row = (name: string, value: number, share = true) =>
    `  ${name.padEnd(WIDTH)}${group(value).padStart(12)}${share && records > 0 ? `${((value / records) * 100).toFixed(1).padStart(8)}%` : ''}`;
  const why = Object.entries(reasons)
    .filter(([reason]) => reason !== 'kept')
    .sort(([a, x], [b, y]) => y - x || precedence(a as Reason) - precedence(b as Reason));
  const lines = [
    '',
    row('records', records, false),
    row('kept', kept),
    row('excluded', excluded),
    row('rejected', rejected),
    ...(why.length > 0 ? ['', '  why records went'] : []),
    ...why.map(([reason, count]) => row(`  ${reason}`, count)),
    '',
    row('examples published', examples, false),
    '',
    `  dataset   ${placeIn(out, summary.dataset)}`,
    `  digest    ${summary.digest}`,
    `  run       ${summary.runId}`,
    `  records   garner ledger ${summary.runId}${outHint(out)}`,
    ...(own ? [`  history   garner ui${outHint(out)}`] : []),
    '',
  ];
  process.stdout.write(lines.join('\n') + '\n');
}
