/** The report's plot of outcomes over time, by the day of the ledger's rows. */
import { addCounts } from '../../stages/ledger.ts';
import { byCount, formatCount, type DatasetFacts, type DayFacts } from '../facts.ts';
import { figures, section, table } from '../page.ts';
import { columns, legend, type Colour, type Series } from '../plot.ts';

const SHOWN_REASONS = 5;
/** Past so many columns days are counted by month, and months by year. */
const MOST_COLUMNS = 62;

/** HTML; empty where there are no two days to compare. */
export function timeline(facts: DatasetFacts): string {
  const { unit, periods } = periodsOf(facts.timeline ?? []);
  if (periods.length < 2) return '';
  const totals: Record<string, number> = {};
  for (const { reasons } of periods) addCounts(totals, reasons);
  const shown = byCount(totals, (count) => count).slice(0, SHOWN_REASONS).map(([reason]) => reason); // prettier-ignore
  const colours: Colour[] = ['s1', 's2', 's3', 's4', 's5'];
  const series: Series[] = shown.map((name, at) => ({
    name,
    colour: colours[at]!,
    values: periods.map(({ reasons }) => reasons[name] ?? 0),
  }));
  const others = periods.map(({ reasons }) =>
    Object.entries(reasons).reduce((sum, [reason, count]) => sum + (shown.includes(reason) ? 0 : count), 0),
  );
  if (others.some((count) => count > 0)) series.push({ name: 'other reasons', colour: 's6', values: others });
  const kept: Series = { name: 'kept', colour: 's0', values: periods.map((period) => period.kept) };
  const all = [kept, ...series];
  const rows = periods.map(({ name }, at) => [name, ...all.map(({ values }) => values[at] ?? 0)]);
  const names = periods.map(({ name }) => (unit === 'day' ? name.slice(5) : name));
  const undated = facts.counts.records - all.reduce((sum, { values }) => sum + values.reduce((a, b) => a + b, 0), 0);
  const note =
    `Records kept, and taken out by the most frequent reasons, by the ${unit} of their event.` +
    (undated > 0 ? ` ${formatCount(undated)} records have no time that could be read.` : '');
  return section(
    'Over time',
    legend(all) +
      columns(names, all, `${unit} (UTC)`, `Records by ${unit} and reason, ${periods.length} columns`) +
      figures(table([unit, ...all.map(({ name }) => name)], rows, formatCount)),
    { note, wide: true },
  );
}

interface Period {
  name: string;
  kept: number;
  reasons: Record<string, number>;
}

/** In ascending order, those without records left out. */
function periodsOf(days: readonly DayFacts[]): { unit: 'day' | 'month' | 'year'; periods: Period[] } {
  for (const [unit, length] of [
    ['day', 10],
    ['month', 7],
    ['year', 4],
  ] as const) {
    // prettier-ignore
    const periods = new Map<string, Period>();
    for (const { day, kept, reasons } of days) {
      const name = day.slice(0, length);
      const period = periods.get(name) ?? { name, kept: 0, reasons: {} };
      period.kept += kept;
      addCounts(period.reasons, reasons as Record<string, number>);
      periods.set(name, period);
    }
    if (periods.size <= MOST_COLUMNS || unit === 'year')
      return { unit, periods: [...periods.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
  }
  return { unit: 'year', periods: [] };
}
