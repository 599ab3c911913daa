/** Outcome rows of an invented fortnight, with small groups that hide inside large ones. */
import type { WholeRow } from '../../../curation/measurement/rows/field.ts';
import { Random } from '../../../curation/sample/random.ts';
import { outcome } from './database.ts';

const DAY = 86_400_000;

export function fortnight(seed: number, users: number, rows: number): WholeRow[] {
  const random = new Random('fortnight', seed);
  const people = Array.from({ length: users }, (_, at) => {
    const ide = random.weighted([['vscode', 60], ['intellij', 25], ['neovim', 5], ['zed', 1]] as const); // prettier-ignore
    const version = ide === 'vscode' ? random.pick(['1', '2']) : ide;
    return { user: `u${at}`, ide, extensionVersion: version, plan: random.weighted([['pro', 50], ['free', 40], ['student', 4]] as const), busy: random.lognormal(0, 1) }; // prettier-ignore
  });
  return Array.from({ length: rows }, () => {
    const { busy: _busy, ...who } = random.weighted(people.map((person) => [person, person.busy] as const));
    const read = random.chance(0.7) ? 1 : 0;
    const accepted = random.chance(0.3) ? 1 : 0;
    const observed = accepted && random.chance(0.8) ? 1 : 0;
    return outcome({
      ...who,
      time: Date.parse('2026-04-01T00:00:00Z') + random.below(14) * DAY + random.below(DAY),
      language: random.weighted([['typescript', 40], ['python', 30], ['go', 6], ['cobol', 1]] as const), // prettier-ignore
      model: random.weighted([['m1', 80], ['m2', 6]] as const),
      ...{ shown: 1, read: read || accepted, accepted, suggestedChars: 40, acceptedChars: accepted * 40 },
      ...{ latencies: 1, latencyMs: 50 + random.below(500) },
      ...{ observed300: observed, retained300: observed, observedChars300: observed * 40, keptMilli300: observed * 36_000, censored300: observed },
    }); // prettier-ignore
  });
}
