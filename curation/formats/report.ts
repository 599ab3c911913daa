/** report.html: one page without script or outside resource that shows what a dataset holds and what was left out, and why. */
import { byCount, dataFiles, formatBytes, formatCount, formatNames, formatShare, splitsOf, sumOf, type DatasetFacts, type Histogram } from './facts.ts'; // prettier-ignore
import { escapeHtml, figures, page, section, table } from './page.ts';
import { bars, columns, curve, legend, type Colour, type Series } from './plot.ts';
import { timeline } from './report/timeline.ts';

export type ReportInput = DatasetFacts;

const LABELS: { name: 'positive' | 'negative'; colour: Colour }[] = [
  { name: 'positive', colour: 'positive' },
  { name: 'negative', colour: 'negative' },
];
const NOTHING = (what: string): string => `<p class="empty">${escapeHtml(what)}</p>`;

/** The page as HTML. All text is escaped; figures are those of the facts. */
export function reportPage(input: ReportInput): string {
  const body = [
    funnel(input),
    reasons(input),
    labels(input),
    distribution('Weights', 'How much each label is worth.', input.weights, 'weight', thousandths),
    languages(input),
    distribution('Lengths', 'Completions by length.', input.lengths, 'UTF-16 units', formatCount),
    retention(input),
    duplicates(input),
    timeline(input),
    redactions(input),
    licences(input),
    splits(input),
    proof(input),
  ];
  return page(`${input.name} ${input.version}`, header(input), body.join('\n'));
}

function header(facts: DatasetFacts): string {
  const { records, kept, examples } = facts.counts;
  const positive = Object.values(facts.labels).reduce(
    (sum, row) => sum + (row.label === 'positive' ? row.count : 0),
    0,
  );
  const tiles: [string, string][] = [
    [formatCount(records), 'records read'],
    [formatShare(kept, records), 'of them kept'],
    [formatCount(examples), 'examples'],
    [formatShare(positive, examples), 'of them positive'],
    [formatCount(Object.keys(facts.languages).length), 'languages'],
    [formatBytes(sumOf(dataFiles(facts), 'bytes')), 'of data files'],
  ];
  const audience = [...facts.audience].sort().join(', ') || 'nobody';
  return (
    `<h1>${escapeHtml(facts.name)}</h1>` +
    `<p class="lead">Version ${escapeHtml(facts.version)} · ${escapeHtml(facts.window.from)} to ${escapeHtml(facts.window.to)} · ` +
    `${escapeHtml(facts.purpose)} · for ${escapeHtml(audience)}</p>` +
    `<div class="tiles">${tiles.map(([figure, name]) => `<div class="tile"><b>${escapeHtml(figure)}</b><span>${escapeHtml(name)}</span></div>`).join('')}</div>`
  );
}

function funnel(facts: DatasetFacts): string {
  const { records, kept, excluded, rejected } = facts.counts;
  const outcomes: { name: string; count: number; colour: Colour }[] = [
    { name: 'kept', count: kept, colour: 'positive' },
    { name: 'excluded', count: excluded, colour: 's6' },
    { name: 'rejected', count: rejected, colour: 'negative' },
  ];
  const first = bars(
    [{ name: 'records', parts: outcomes }, ...outcomes.map((one) => ({ name: one.name, parts: [one] }))],
    {
      full: records,
      whole: records,
    },
  );
  const start = facts.selection[0]?.left ?? facts.counts.examples;
  const steps = [...facts.selection, { step: 'published', left: facts.counts.examples }];
  const second = bars(
    steps.map(({ step, left }) => ({ name: step, parts: [{ count: left, colour: 'plain' as const }] })),
    { full: Math.max(start, ...steps.map(({ left }) => left)), whole: start },
  );
  return section(
    'From records to examples',
    `${legend(outcomes)}${first}<p class="note" style="margin:16px 0 8px">Examples left after each step of selection. One example joins all records of a suggestion.</p>${second}`,
    { wide: true },
  );
}

function reasons(facts: DatasetFacts): string {
  const rows = byCount(facts.reasons as Record<string, number>, (count) => count).filter(([, count]) => count > 0);
  const body = rows.length
    ? bars(
        rows.map(([name, count]) => ({ name, parts: [{ count, colour: 's6' as const }] })),
        { whole: facts.counts.records },
      )
    : NOTHING('Every record was kept.');
  return section('Why records were not kept', body, {
    note: 'Records by the reason that decided; share of all records.',
    wide: true,
  });
}

function labels(facts: DatasetFacts): string {
  const rows = byCount(facts.labels, ({ count }) => count);
  if (rows.length === 0) return section('Labels', NOTHING('There are no examples.'));
  const list = bars(
    rows.map(([name, { label, count }]) => ({ name, parts: [{ count, colour: label, name: label }] })),
    { whole: facts.counts.examples },
  );
  const weights = rows.map(([name, { label, count, weight }]) => [
    name,
    label,
    count,
    count === 0 ? '–' : (weight / count / 1000).toFixed(2),
  ]);
  return section(
    'Labels',
    legend(LABELS) + list + figures(table(['reason', 'label', 'examples', 'mean weight'], weights, formatCount)),
    {
      note: 'What became of the suggestion, as the rubric reads it.',
    },
  );
}

function distribution(
  title: string,
  note: string,
  histogram: Histogram | undefined,
  axis: string,
  format: (edge: number) => string,
): string {
  const bins = histogram ? histogram.edges.length - 1 : 0;
  const total = histogram ? [...histogram.positive, ...histogram.negative].reduce((sum, count) => sum + count, 0) : 0;
  if (!histogram || bins < 1 || total === 0) return section(title, NOTHING('There are no examples to count.'));
  const names = Array.from({ length: bins }, (_, at) => {
    const [low, high] = [histogram.edges[at] ?? 0, histogram.edges[at + 1] ?? null];
    return high === null ? `${format(low)}+` : format(low);
  });
  const ranges = names.map((name, at) => {
    const high = histogram.edges[at + 1] ?? null;
    return high === null ? name : `${name} to below ${format(high)}`;
  });
  const series: Series[] = LABELS.map((label) => ({ ...label, values: histogram[label.name] }));
  const rows = ranges.map((range, at) => [range, histogram.positive[at] ?? 0, histogram.negative[at] ?? 0]);
  return section(
    title,
    legend(LABELS) +
      columns(
        names,
        series,
        `${axis} (lower bound of each column)`,
        `${title}: ${formatCount(total)} examples in ${bins} columns`,
      ) +
      figures(table([axis, 'positive', 'negative'], rows, formatCount)),
    { note },
  );
}

function languages(facts: DatasetFacts): string {
  const rows = byCount(facts.languages, ({ positive, negative }) => positive + negative);
  if (rows.length === 0) return section('Languages', NOTHING('There are no examples.'));
  const list = bars(
    rows.map(([name, row]) => ({ name, parts: LABELS.map((label) => ({ ...label, count: row[label.name] })) })),
    { whole: facts.counts.examples },
  );
  return section('Languages', legend(LABELS) + list);
}

function retention(facts: DatasetFacts): string {
  const points = [...facts.retention]
    .filter(({ seconds, observed }) => seconds > 0 && observed > 0)
    .sort((a, b) => a.seconds - b.seconds);
  if (points.length === 0) return section('Retention', NOTHING('No accepted suggestion was looked at again.'));
  const plot = curve(
    points.map(({ seconds, share, low, high }) => ({
      x: seconds,
      label: seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`,
      y: share,
      ...(low === undefined ? {} : { low }),
      ...(high === undefined ? {} : { high }),
    })),
    'time since it was accepted (logarithmic)',
    `Share of accepted suggestions still there, from ${points[0]!.seconds} to ${points.at(-1)!.seconds} seconds`,
  );
  const rows = points.map(({ seconds, share, observed }) => [`${seconds} s`, formatShare(share, 1), observed]);
  return section('Retention', plot + figures(table(['after', 'still there', 'observed'], rows, formatCount)), {
    note: 'Accepted suggestions still there, among those that could be looked at.',
  });
}

function duplicates(facts: DatasetFacts): string {
  const { exact, near, clusters, largestCluster } = facts.duplicates;
  const list = bars([
    { name: 'exact duplicates', parts: [{ count: exact, colour: 'plain' }] },
    { name: 'near duplicates', parts: [{ count: near, colour: 'plain' }] },
  ]);
  const words =
    clusters === 0
      ? 'No clusters of near-duplicates were found.'
      : `${formatCount(clusters)} ${clusters === 1 ? 'cluster' : 'clusters'} of near-duplicates, the largest of ${formatCount(largestCluster)}; one of each stays.`;
  return section('Duplicates', `${list}<p class="note" style="margin:12px 0 0">${words}</p>`, {
    note: 'Examples dropped because another says the same.',
  });
}

function redactions(facts: DatasetFacts): string {
  const { recall } = facts.redaction;
  const rows = byCount(facts.redactions, (count) => count);
  const body = rows.length
    ? bars(rows.map(([name, count]) => ({ name, parts: [{ count, colour: 'plain' as const }] })))
    : NOTHING('Nothing had to be replaced.');
  return section('Redactions by rule', body, {
    note: `Rule set ${facts.redaction.version}; recall on the labelled set ${recall === null ? 'not measured' : formatShare(recall, 1)}.`,
  });
}

function licences(facts: DatasetFacts): string {
  const rows = byCount(facts.licences, (count) => count);
  const body = rows.length
    ? bars(
        rows.map(([name, count]) => ({ name, parts: [{ count, colour: 'plain' as const }] })),
        { whole: rows.reduce((sum, [, count]) => sum + count, 0) },
      )
    : NOTHING('No licences are known.');
  return section('Licences of the repositories', body, { note: 'Examples by licence.' });
}

function splits(facts: DatasetFacts): string {
  const rows = formatNames(facts).flatMap(
    (format) =>
    splitsOf(facts, format).map(({ name, files }) => [format, name, sumOf(files, 'examples'), files.length, formatBytes(sumOf(files, 'bytes'))]), // prettier-ignore
  );
  return section('Files', rows.length ? table(['format', 'split', 'examples', 'files', 'size'], rows, formatCount) : NOTHING('There are no files.'), { wide: true }); // prettier-ignore
}

function proof(facts: DatasetFacts): string {
  const rows: [string, string][] = [
    ['data', facts.digest],
    ['policy', facts.policyDigest],
    ['facts', facts.factsDigest],
    ...(facts.guard?.corpora ?? []).map(({ keyId, sha256 }): [string, string] => [
      `guard file of key ${keyId}`,
      sha256,
    ]),
    ...guardRows(facts),
    ['ledger root', facts.ledgerRoot],
    ['code version', facts.codeVersion],
  ];
  const list = rows.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd><code>${escapeHtml(value)}</code></dd>`);
  return section('What it was made from', `<dl>${list.join('')}</dl>`, { wide: true });
}

function guardRows({ guard }: DatasetFacts): [string, string][] {
  if (!guard) return [];
  const looked = guard.mode === 'all' ? 'every copy of 20 lexemes' : 'every copy of 30 lexemes (winnowed)';
  const renamed: [string, string][] =
    guard.renamed === null ? [] : [['like private code with other names, for review', formatCount(guard.renamed)]];
  return [['private code that was looked for', looked], ...renamed];
}

function thousandths(weight: number): string {
  return (weight / 1000).toFixed(1);
}
