/** The users of the sample: plans, consent, habits. */
import type { Plan } from '../events/event.ts';
import { Random } from './random.ts';

/** What a user's consent facts say: most allow; of 24 users one each of the others. */
export type Consent = 'allowed' | 'denied' | 'withdrawn' | 'late' | 'unknown';

export interface Person {
  id: string;
  deviceId: string;
  plan: Plan;
  consent: Consent;
  client: { ide: string; ideVersion: string; extension: string; extensionVersion: string };
  /** Chance to accept what was read or not. */
  acceptance: number;
  /** Hours to add to UTC for the local time. */
  zone: number;
  /** Fixes which repositories the user works in. */
  habit: number;
}

const LEAST = 24;
const MOST = 20_000;

const SPECIAL: Record<number, { plan?: Plan; consent?: Consent }> = {
  1: { plan: 'business' },
  5: { plan: 'student' },
  9: { consent: 'denied' },
  13: { consent: 'withdrawn' },
  17: { consent: 'late' },
  21: { consent: 'unknown' },
};

export class People {
  readonly all: readonly Person[];
  /** Running sums of how much each does. */
  readonly #until: Float64Array;

  /** @param events of the whole sample; there is a user for some 150 of them */
  constructor(seed: number, events: number) {
    const count = Math.min(MOST, Math.max(LEAST, Math.round(events / 150)));
    const random = new Random(seed, 'people');
    this.#until = new Float64Array(count);
    let sum = 0;
    this.all = Array.from({ length: count }, (_, index) => {
      const special = SPECIAL[index % LEAST];
      // Activity a user is lognormal with sigma 1.2; a user who can contribute nothing is never one of the busiest.
      const activity = random.lognormal(0, 1.2);
      sum += special === undefined ? activity : Math.min(activity, 1);
      this.#until[index] = sum;
      return invent(random, special ?? {});
    });
  }

  /** Somebody, in proportion to activity, who is at work at this time; after some tries anybody. */
  pick(random: Random, time: number): Person {
    for (let tries = 0; ; tries++) {
      const person = this.all[this.#indexAt(random.unit() * this.#until[this.#until.length - 1]!)]!;
      if (tries === 8 || atWork(person, time)) return person;
    }
  }

  #indexAt(point: number): number {
    let low = 0;
    let high = this.#until.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#until[middle]! > point) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function atWork(person: Person, time: number): boolean {
  const local = Math.floor(time / 3_600_000) + person.zone;
  const hour = ((local % 24) + 24) % 24;
  // 1970-01-01 was a Thursday.
  const weekday = (Math.floor(local / 24) + 4) % 7;
  return hour >= 8 && hour < 19 && weekday !== 0 && weekday !== 6;
}

const CLIENTS: [Person['client'], number][] = [
  [{ ide: 'vscode', ideVersion: '1.100.2', extension: 'copilot', extensionVersion: '1.311.0' }, 50],
  [{ ide: 'vscode', ideVersion: '1.99.0', extension: 'copilot', extensionVersion: '1.305.0' }, 20],
  [{ ide: 'intellij', ideVersion: '2026.1', extension: 'copilot', extensionVersion: '1.5.45' }, 18],
  [{ ide: 'neovim', ideVersion: '0.11.1', extension: 'copilot', extensionVersion: '1.50.0' }, 7],
  [{ ide: 'visualstudio', ideVersion: '17.14', extension: 'copilot', extensionVersion: '1.220.0' }, 5],
];

function invent(random: Random, special: { plan?: Plan; consent?: Consent }): Person {
  const plan = random.weighted<Plan>([
    ['pro', 50],
    ['free', 38],
    ['pro_plus', 12],
  ]);
  return {
    id: `u-${random.text('0123456789abcdef', 16)}`,
    deviceId: `d-${random.text('0123456789abcdef', 12)}`,
    plan: special.plan ?? plan,
    consent: special.consent ?? 'allowed',
    client: random.weighted(CLIENTS),
    acceptance: random.beta(7.5, 19.3),
    zone: random.weighted([
      [-8, 2],
      [-5, 3],
      [0, 2],
      [1, 3],
      [5, 3],
      [8, 2],
      [9, 1],
    ]),
    habit: random.bits(),
  };
}
