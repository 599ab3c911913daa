/** Labels of real telemetry, against figures counted another way. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EventType } from '../../../curation/events/event.ts';
import { labelSuggestion, type Label } from '../../../curation/labels/label.ts';
import { summarise, type Lifecycle, type LifecycleEvent } from '../../../curation/labels/lifecycle.ts';
import { DEFAULT_RUBRIC } from '../../../curation/labels/rubric.ts';

const FOLDER = resolve(import.meta.dirname, '../../../../shared/data/coderec');
const present = existsSync(FOLDER);
if (!present) console.warn(`SKIPPED: no telemetry at ${FOLDER}: labels are not checked against real feedback`);

interface Line {
  name: string;
  time: string;
  properties: Record<string, string>;
  measurements: Record<string, number>;
}

const TYPES: Record<string, EventType> = {
  'engine.prompt': 'generated',
  'engine.completion': 'generated',
  'ghostText.shown': 'shown',
  'ghostText.accepted': 'accepted',
  'ghostText.rejected': 'rejected',
  'ghostText.stillInCode': 'retained',
};

const lines: Line[] = present
  ? readdirSync(FOLDER).flatMap((file) =>
      readFileSync(resolve(FOLDER, file), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Line),
    )
  : [];

function eventOf(line: Line, index: number): LifecycleEvent {
  const event: LifecycleEvent = {
    type: TYPES[line.name.replace('copilot/', '')]!,
    time: Date.parse(line.time),
    id: String(index),
  };
  if (event.type === 'retained') {
    event.afterSeconds = line.measurements.timeout!;
    event.editDistance = line.measurements.relativeLexEditDistance!;
  } else if (event.type !== 'shown' && line.measurements.timeSinceDisplayedMs !== undefined) {
    event.displayedMs = line.measurements.timeSinceDisplayedMs;
  }
  return event;
}

const suggestions = new Map<string, LifecycleEvent[]>();
lines.forEach((line, index) => {
  const id = line.properties.headerRequestId!;
  suggestions.set(id, [...(suggestions.get(id) ?? []), eventOf(line, index)]);
});
const lives: Lifecycle[] = [...suggestions.values()].map((events) => summarise(events, 'any'));
const labels: Label[] = lives.map((life) => labelSuggestion(life, 'any', DEFAULT_RUBRIC));
const count = (reason: string) => labels.filter((label) => label.reason === reason).length;
const named = (name: string) => lines.filter((line) => line.name === `copilot/ghostText.${name}`);
const share = (part: number, whole: number) => part / whole;

describe.skipIf(!present)('the telemetry of ten programmers', () => {
  it('is joined whole: every suggestion, accept and show is there once', () => {
    expect(lives.length).toBe(new Set(lines.map((line) => line.properties.headerRequestId)).size);
    expect(lives.filter((life) => life.outcome === 'accepted').length).toBe(named('accepted').length);
    expect(lives.reduce((sum, life) => sum + life.impressions, 0)).toBe(named('shown').length);
    expect(lives.reduce((sum, life) => sum + life.checks.length, 0)).toBe(named('stillInCode').length);
  });

  it('is accepted about as often as the study says', () => {
    expect(share(named('accepted').length, lives.length)).toBeGreaterThan(0.3);
    expect(share(named('accepted').length, lives.length)).toBeLessThan(0.38);
    const hasty = lives.filter((life) => life.outcome === 'accepted' && life.displayedMs! < 750).length;
    expect(hasty).toBe(named('accepted').filter((line) => line.measurements.timeSinceDisplayedMs! < 750).length);
  });

  it('keeps half of an accepted text in most cases at every horizon', () => {
    for (const horizon of [15, 30, 120, 300, 600]) {
      const checks = lives.flatMap((life) => life.checks.filter((check) => check.afterSeconds === horizon));
      const half = share(checks.filter((check) => check.editDistance <= 0.5).length, checks.length);
      expect(half).toBeGreaterThan(0.92);
      const counted = named('stillInCode').filter((line) => line.measurements.timeout === horizon);
      expect(half).toBe(share(counted.filter((l) => l.measurements.stillInCodeHeuristic === 1).length, counted.length));
    }
  });

  it('gives the labels that plain counting over the lines gives', () => {
    const distances = (id: string) =>
      named('stillInCode')
        .filter((line) => line.properties.headerRequestId === id)
        .map((line) => [line.measurements.timeout!, line.measurements.relativeLexEditDistance!] as const);
    const accepts = named('accepted').map((line) => distances(line.properties.headerRequestId!));
    const at600 = accepts.map((checks) => checks.find(([horizon]) => horizon === 600)![1]);
    expect(count('accepted_retained_600')).toBe(at600.filter((distance) => distance <= 0.33).length);
    expect(count('accepted_edited')).toBe(at600.filter((distance) => distance > 0.33 && distance <= 0.5).length);
    expect(count('accepted_rewritten')).toBe(at600.filter((distance) => distance > 0.5).length);
    const rejects = named('rejected').map((line) => line.measurements.timeSinceDisplayedMs!);
    expect(count('rejected_explicit')).toBe(rejects.filter((displayed) => displayed >= 750).length);
    expect(count('not_read')).toBe(rejects.filter((displayed) => displayed < 750).length);
    expect(count('no_outcome')).toBe(lives.length - named('accepted').length - rejects.length);
    expect(labels.length).toBe(464);
  });
});
