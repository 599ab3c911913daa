/** The same figures for machines: Prometheus text, and the field names of GitHub's Copilot metrics API where the same thing is measured. */
import { NESTED } from '../evaluation/cube.ts';
import type { Cell, Evaluation } from '../evaluation/evaluate.ts';

const SAFE = /[\\"\n]/g;

/** Prometheus exposition format (0.0.4): `garner_<measure>{dimension,value}`, totals as gauges. Days are left out: they would never end. */
export function prometheusText({ cells }: Evaluation): string {
  const series = new Map<string, string[]>();
  const add = (name: string, { dimension, value }: Cell, figure: number) => {
    const line = `garner_${name}{dimension="${dimension}",value="${value.replace(SAFE, '_')}"} ${figure}`;
    const lines = series.get(name);
    if (lines) lines.push(line);
    else series.set(name, [line]);
  };
  for (const cell of cells.filter(({ dimension }) => dimension !== 'day' && dimension !== NESTED)) {
    for (const { measure, value } of cell.figures) add(measure, cell, value);
    for (const [name, value] of Object.entries(cell.totals)) add(name, cell, value);
    if (cell.latency) {
      add('latency_p50', cell, cell.latency.p50);
      add('latency_p95', cell, cell.latency.p95);
    }
  }
  return [...series]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, lines]) => `# TYPE garner_${name} gauge\n${lines.join('\n')}\n`)
    .join('');
}

interface Counted {
  total_engaged_users: number | null;
  total_code_suggestions: number;
  total_code_acceptances: number;
  total_code_lines_suggested: number;
  total_code_lines_accepted: number;
}

/**
 * As `GET /orgs/{org}/copilot/metrics` names things, for the whole window rather than a day: editors, in them models, in them languages.
 * What is withheld is absent; a count of users that may not be told is null.
 */
export function copilotMetrics({ cells }: Evaluation, window: { from: string; to: string }) {
  const all = cells.find(({ dimension }) => dimension === 'all');
  const nested = cells.filter(({ dimension }) => dimension === NESTED);
  const named = (dimension: string) => cells.filter((cell) => cell.dimension === dimension);
  const editors = [...new Set(nested.map(({ value }) => value.split('|')[0]!))].map((name) => ({
    name,
    total_engaged_users: named('ide').find(({ value }) => value === name)?.users.engaged ?? null,
    models: modelsOf(nested, name),
  }));
  return {
    date: window.to,
    from: window.from,
    total_active_users: all?.users.active ?? null,
    total_engaged_users: all?.users.engaged ?? null,
    copilot_ide_code_completions: {
      total_engaged_users: all?.users.engaged ?? null,
      languages: named('language').map(({ value, users }) => ({ name: value, total_engaged_users: users.engaged })),
      editors,
    },
  };
}

function modelsOf(nested: Cell[], editor: string) {
  const inside = nested.filter(({ value }) => value.startsWith(`${editor}|`));
  return [...new Set(inside.map(({ value }) => value.split('|')[1]!))].map((name) => ({
    name,
    languages: inside
      .filter(({ value }) => value.split('|')[1] === name)
      .map((cell) => ({ name: cell.value.split('|')[2]!, ...counted(cell) })),
  }));
}

function counted({ totals, users }: Cell): Counted {
  return {
    total_engaged_users: users.engaged,
    total_code_suggestions: totals['impressions'] ?? 0,
    total_code_acceptances: totals['accepts'] ?? 0,
    total_code_lines_suggested: totals['suggested_lines'] ?? 0,
    total_code_lines_accepted: totals['accepted_lines'] ?? 0,
  };
}
