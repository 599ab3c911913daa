/** Joins the events of a bucket into outcome rows, one a suggestion, and says of every record what became of it. */
import type { LifecycleEvent } from '../../labels/lifecycle.ts';
import { summarise, type Lifecycle } from '../../labels/lifecycle.ts';
import { groupBy } from '../../groups.ts';
import { dayOf, mergeRows, outRow, type PendingRow } from '../../stages/ledger.ts';
import { precedence, type Reason } from '../../verdict.ts';
import type { OutcomeEvent } from './event.ts';
import { COUNT_FIELDS, HORIZONS, type Label, type MeasuredPurpose, type Pseudonym, type WholeRow } from './field.ts';

export interface JoinSettings {
  purpose: MeasuredPurpose;
  /** Names of the sources, by index in the plan. */
  sources: readonly string[];
  window: { from: number; to: number } | null;
  /** Milliseconds on display from which a suggestion counts as read (Cody: 750). An accepted one was read. */
  readMs: number;
  /** The largest edit distance at which an accepted suggestion still counts as retained. */
  retainedDistance: number;
}

export interface JoinedRow {
  /** Names the suggestion in the ledger's pending rows. */
  example: string;
  row: WholeRow;
}

type Decision = { reason: Reason; rule: string };

/** All events of one bucket, in any order. */
export function joinOutcomes(
  events: OutcomeEvent[],
  settings: JoinSettings,
): { outcomes: JoinedRow[]; rows: PendingRow[] } {
  const ledger = new Ledger(settings);
  const outcomes: JoinedRow[] = [];
  const sorted = [...events].sort((a, b) => a.source - b.source || a.line - b.line);
  for (const suggestion of groupBy(ledger.withoutRepeats(sorted), (event) => event.suggestion).values()) {
    for (const unit of byUser(suggestion, ledger)) {
      const decision = decide(unit, settings);
      if (decision) unit.forEach((event) => ledger.out(event, decision));
      else {
        const row = rowOf(unit, settings);
        const example = `${row.user}${unit[0]!.suggestion}`;
        outcomes.push({ example, row });
        unit.forEach((event) => ledger.kept(event, example));
      }
    }
  }
  return { outcomes, rows: ledger.rows() };
}

class Ledger {
  readonly #settings: JoinSettings;
  readonly #rows = new Map<string, PendingRow>();

  constructor(settings: JoinSettings) {
    this.#settings = settings;
  }

  out(event: OutcomeEvent, { reason, rule }: Decision): void {
    this.#add(
      event,
      outRow(this.#settings.sources[event.source]!, event.line, event.event, reason, rule, dayOf(event.time)),
    );
  }

  kept(event: OutcomeEvent, example: string): void {
    const source = this.#settings.sources[event.source]!;
    const rule = `measure.${this.#settings.purpose}`;
    const place = { source, line: event.line, event: event.event, day: dayOf(event.time) };
    this.#add(event, { ...place, outcome: 'kept', reason: 'measured', rule, label: null, weight: null, example });
  }

  /** The same (user, suggestion, id) with the same content counts once, the lowest (source, line); with other content none counts. */
  withoutRepeats(sorted: OutcomeEvent[]): OutcomeEvent[] {
    const live: OutcomeEvent[] = [];
    for (const same of groupBy(sorted, ({ user, suggestion, event }) =>
      JSON.stringify([user, suggestion, event]),
    ).values()) {
      const conflict = same.some(({ content }) => content !== same[0]!.content);
      if (!conflict) live.push(same[0]!);
      for (const event of conflict ? same : same.slice(1))
        this.out(event, { reason: conflict ? 'id_conflict' : 'duplicate', rule: 'measure.id' });
    }
    return live;
  }

  rows(): PendingRow[] {
    return [...this.#rows.values()];
  }

  /** A record of several events has one row. */
  #add({ source, line }: OutcomeEvent, row: PendingRow): void {
    const key = `${source}:${line}`;
    const other = this.#rows.get(key);
    this.#rows.set(key, other ? mergeRows(other, row) : row);
  }
}

/** A suggestion's events by user; those without one are the one user's, and nobody's where there are several or none. */
function byUser(suggestion: OutcomeEvent[], ledger: Ledger): OutcomeEvent[][] {
  const users = groupBy(suggestion, ({ user }) => user ?? '');
  const nameless = users.get('') ?? [];
  users.delete('');
  if (users.size === 1) return [suggestion];
  for (const event of nameless) {
    const earlier = event.out && precedence(event.out.reason) < precedence('unknown_user') ? event.out : undefined;
    ledger.out(event, earlier ?? { reason: 'unknown_user', rule: 'consent.user' });
  }
  return [...users.values()];
}

function decide(unit: OutcomeEvent[], { window }: JoinSettings): Decision | null {
  const started = Math.min(...unit.map(({ time }) => time));
  let out: Decision | null =
    window && (started < window.from || started >= window.to) ? { reason: 'outside_window', rule: 'run.window' } : null;
  for (const event of unit)
    if (event.out && (!out || precedence(event.out.reason) < precedence(out.reason))) out = event.out;
  return out;
}

function rowOf(unit: OutcomeEvent[], settings: JoinSettings): WholeRow {
  const ordered = [...unit].sort((a, b) => a.time - b.time || (a.event < b.event ? -1 : 1));
  const first = <K extends keyof OutcomeEvent>(field: K): OutcomeEvent[K] | undefined =>
    ordered.find((event) => event[field] !== undefined)?.[field];
  const chars = Math.max(0, ...ordered.map((event) => event.chars ?? 0));
  const life = summarise(ordered.map(lifecycleOf), { length: chars });
  const row = {
    ...Object.fromEntries(COUNT_FIELDS.map((field) => [field, 0])),
    user: first('user')!,
    device: first('device') ?? NOBODY,
    repository: first('repository') ?? NOBODY,
    template: first('template') ?? NOBODY,
    cluster: first('cluster') ?? NOBODY,
    time: life.firstTime,
    acceptedAt: 0,
    secrets: Math.max(0, ...ordered.map((event) => event.secrets ?? 0)),
    ide: first('ide') ?? UNKNOWN,
    extensionVersion: first('extensionVersion') ?? UNKNOWN,
    language: first('language') ?? UNKNOWN,
    model: first('model') ?? UNKNOWN,
    plan: first('plan') ?? first('knownPlan') ?? 'unknown',
    strategy: first('strategy') ?? UNKNOWN,
    framework: first('framework') ?? 'none',
    shape: first('shape') ?? 'unknown',
  } as WholeRow;
  count(row, life, ordered, chars, settings);
  return row;
}

const UNKNOWN = 'unknown' as Label;
const NOBODY = '' as Pseudonym;

function count(row: WholeRow, life: Lifecycle, events: OutcomeEvent[], chars: number, settings: JoinSettings): void {
  const isAccepted = life.outcome === 'accepted' || life.outcome === 'accepted_partly';
  const taken = isAccepted ? Math.min(life.acceptedLength ?? 0, chars || (life.acceptedLength ?? 0)) : 0;
  const lines = Math.max(0, ...events.map((event) => event.lines ?? 0));
  row.shown = life.impressions > 0 || life.outcome !== 'none' ? 1 : 0;
  row.accepted = isAccepted ? 1 : 0;
  row.read = isAccepted || (row.shown === 1 && (life.displayedMs ?? 0) >= settings.readMs) ? 1 : 0;
  // What was not read was not judged.
  row.rejected = row.read === 1 && life.outcome === 'rejected' ? 1 : 0;
  row.ignored = life.outcome === 'ignored' ? 1 : 0;
  row.cancelled = events.some((event) => event.reason === 'cancelled') && !isAccepted ? 1 : 0;
  row.acceptedAt = isAccepted ? (life.outcomeTime ?? 0) : 0;
  if (row.shown === 1) {
    row.suggestedChars = chars;
    row.suggestedLines = lines;
  }
  row.acceptedChars = taken;
  row.acceptedLines = isAccepted ? (taken >= chars ? lines : Math.max(1, Math.round((lines * taken) / chars))) : 0;
  if (life.latencyMs !== undefined) {
    row.latencies = 1;
    row.latencyMs = Math.round(life.latencyMs);
  }
  if (isAccepted) countRetention(row, life, taken, settings.retainedDistance);
  countPlace(row, life, events, taken);
}

/** Checks at other times than the horizons are left out, as no figure is told for them. */
function countRetention(row: WholeRow, life: Lifecycle, taken: number, limit: number): void {
  const distances = new Map(life.checks.map(({ afterSeconds, editDistance }) => [afterSeconds, editDistance]));
  let lost = false;
  let last: (typeof HORIZONS)[number] | undefined;
  for (const horizon of HORIZONS) {
    const distance = distances.get(horizon);
    if (distance === undefined) continue;
    const kept = 1 - Math.min(1, Math.max(0, distance));
    row[`observed${horizon}`] = 1;
    row[`retained${horizon}`] = distance <= limit ? 1 : 0;
    row[`observedChars${horizon}`] = taken;
    row[`keptMilli${horizon}`] = Math.round(taken * kept * 1000);
    last = horizon;
    if (distance > limit && !lost) {
      lost = true;
      row[`lost${horizon}`] = 1;
    }
  }
  if (last !== undefined && !lost) row[`censored${last}`] = 1;
}

/** Of the code that stands at a suggestion's place, what the model wrote. Known where it was captured, or accepted and checked. */
function countPlace(row: WholeRow, life: Lifecycle, events: OutcomeEvent[], taken: number): void {
  const captured = events.findLast((event) => event.placeChars !== undefined)?.placeChars;
  const last = life.checks.at(-1);
  const kept = last ? Math.round(taken * (1 - Math.min(1, last.editDistance))) : taken;
  if (row.accepted === 0 && captured === undefined) return;
  if (row.accepted === 1 && captured === undefined && !last) return;
  const stands = captured ?? taken;
  row.placed = 1;
  row.modelChars = row.accepted === 1 ? Math.min(kept, stands) : 0;
  row.placeChars = stands;
}

function lifecycleOf(event: OutcomeEvent): LifecycleEvent {
  const { type, time, displayedMs, acceptedLength, typedShare, reason, afterSeconds, editDistance } = event;
  const { branchChanged, latencyMs } = event;
  const given = {
    displayedMs,
    acceptedLength,
    typedShare,
    reason,
    afterSeconds,
    editDistance,
    branchChanged,
    latencyMs,
  };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { type, time, id: event.event, ...said };
}
