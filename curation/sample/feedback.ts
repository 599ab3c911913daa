/** What becomes of a suggestion: the events a client sends of it, from the answer of the model to the last retention check. */
import type { EventType } from '../events/event.ts';
import type { Random } from './random.ts';
import type { Request } from './request.ts';

/** A canonical event as it is written, and when it reaches the file: some are sent late. */
export interface Sent {
  arrival: number;
  event: Record<string, unknown>;
}

const HORIZONS = [15, 30, 120, 300, 600];
/** Share of accepts with a distance of at most 0.33 at each horizon. */
const KEPT = [0.92, 0.9, 0.87, 0.82, 0.81];
/** Share with a distance of at most 0.5, at every horizon. */
const HALF_KEPT = 0.95;
const HASTY_SHARE = 0.48;
const READ_MS = 750;
const LATE_SHARE = 0.04;
const LATE_MEAN_MS = 3_600_000;

/** Names ids by the seed and a counter, so that samples of several seeds can be read together. */
export class Feedback {
  readonly #random: Random;
  readonly #tag: string;
  #events = 0;
  #requests = 0;

  constructor(random: Random, seed: number) {
    this.#random = random;
    this.#tag = seed.toString(36);
  }

  /** The events of a request and its suggestions, in the order of time. */
  follow(request: Request): Sent[] {
    const random = this.#random;
    const requestId = `r${this.#tag}-${(this.#requests++).toString(36)}`;
    const episode = new Episode(request, requestId, 0, random, () => this.#nextId());
    episode.play();
    if (!random.chance(0.03)) return episode.sent;
    // A second answer to the same request, never shown or passed over.
    const other = new Episode(request, requestId, 1, random, () => this.#nextId());
    other.playSecond();
    return [...episode.sent, ...other.sent];
  }

  #nextId(): string {
    return `e${this.#tag}-${(this.#events++).toString(36)}`;
  }
}

class Episode {
  readonly sent: Sent[] = [];
  readonly #request: Request;
  readonly #random: Random;
  readonly #nextId: () => string;
  readonly #base: Record<string, unknown>;
  readonly #place: Record<string, unknown>;
  readonly #latency: number;

  constructor(request: Request, requestId: string, choiceIndex: number, random: Random, nextId: () => string) {
    this.#request = request;
    this.#random = random;
    this.#nextId = nextId;
    const { person } = request;
    const user: Record<string, unknown> = { id: person.id, deviceId: person.deviceId };
    if (random.chance(0.9)) user.plan = person.plan;
    this.#base = { suggestionId: `s${requestId.slice(1)}.${choiceIndex}`, requestId, choiceIndex, user };
    this.#place = {
      client: person.client,
      ...(request.repository && { repository: request.repository }),
      ...(request.workspaceRepositories && { workspaceRepositories: request.workspaceRepositories }),
      document: request.document,
      position: request.position,
    };
    this.#latency = Math.round(Math.min(5000, random.lognormal(5.2, 0.5)));
  }

  play(): void {
    const random = this.#random;
    const { time, prefix, suffix, context, completion } = this.#request;
    const text = { prompt: { prefix, suffix, context }, completion };
    const model = { model: 'sample-model-3', ...this.#arm() };
    const answered = time + this.#latency;
    // Most clients send the text with the answer, some with the first show.
    const early = random.chance(0.8);
    const made = { ...this.#place, ...model, latencyMs: this.#latency };
    if (early) this.#send('generated', answered, { ...made, ...text });
    this.#send('shown', answered + 5, early ? this.#place : { ...made, ...text });
    const displayed = this.#displayTime();
    const reshows = displayed > 40 ? random.geometric(0.5) : 0;
    let lastShown = answered + 5;
    for (let index = 1; index <= reshows && index <= 12; index++) {
      lastShown = answered + 5 + Math.round((displayed * index) / (reshows + 4));
      this.#send('shown', lastShown, this.#place);
    }
    this.#decide(lastShown, lastShown + displayed, displayed);
  }

  playSecond(): void {
    const random = this.#random;
    const { time, truth } = this.#request;
    const answered = time + this.#latency;
    const completion = truth.length > 12 ? truth.slice(0, truth.indexOf(' ', 6) + 1 || 6) : `${truth};`;
    this.#send('generated', answered, { ...this.#place, model: 'sample-model-3', completion });
    if (!random.chance(0.5)) return;
    this.#send('shown', answered + 2000, this.#place);
    this.#send('rejected', answered + 4000, { displayedMs: 2000, reason: 'escape' });
  }

  /** One suggestion in ten takes part in an experiment, its display drawn by a logged probability. */
  #arm(): Record<string, unknown> {
    if (!this.#random.chance(0.1)) return { strategy: 'default' };
    return this.#random.chance(0.5)
      ? { strategy: 'arm-a', displayProbability: 0.9 }
      : { strategy: 'arm-b', displayProbability: 0.25 };
  }

  /** 48% below 0.75 s, else lognormal seconds: accepted 1.82, 1.21; rejected 2.08, 1.34. */
  #displayTime(): number {
    const random = this.#random;
    if (random.chance(HASTY_SHARE)) return 30 + random.below(READ_MS - 30);
    const [mu, sigma] = this.#request.decision === 'accept' ? [1.82, 1.21] : [2.08, 1.34];
    for (;;) {
      const displayed = Math.round(1000 * random.lognormal(mu, sigma));
      if (displayed >= READ_MS) return Math.min(displayed, 600_000);
    }
  }

  #decide(lastShown: number, time: number, displayed: number): void {
    const random = this.#random;
    const told = random.chance(0.8) ? { displayedMs: displayed } : {};
    if (this.#request.decision === 'accept') return this.#accept(time, told);
    if (this.#request.decision === 'supersede') {
      const reason = random.pick(['superseded', 'superseded', 'cancelled', 'focus_lost']);
      this.#send('ignored', lastShown + Math.min(displayed, 900), { reason });
    } else if (random.chance(0.5)) this.#reject(time, told);
    else this.#ignore(time, told);
  }

  #reject(time: number, told: object): void {
    const random = this.#random;
    this.#send('rejected', time, { ...told, ...(random.chance(0.6) && { reason: 'escape' }) });
    if (random.chance(0.4)) this.#capture(time, this.#request.truth);
  }

  #ignore(time: number, told: object): void {
    const random = this.#random;
    const typing = random.chance(0.06)
      ? { typedShare: 0.8 + Math.round(random.unit() * 20) / 100 }
      : random.chance(0.5)
        ? { typedShare: Math.round(random.unit() * 40) / 100, typingDisagreed: true }
        : {};
    this.#send('ignored', time, { ...told, ...typing });
  }

  #accept(time: number, told: object): void {
    const random = this.#random;
    const { length } = this.#request.completion;
    // A timer takes a suggestion that is left standing for rejected; the accept comes later.
    if (random.chance(0.015)) this.#send('rejected', time - 20, told);
    if (random.chance(0.12) && length > 8) this.#acceptInParts(time, told, length);
    else this.#send('accepted', time, { ...told, acceptedLength: length });
    this.#retain(time);
  }

  /** Word by word: the lengths add up. The rest is left, or rejected by name. */
  #acceptInParts(time: number, told: object, length: number): void {
    const random = this.#random;
    let taken = 0;
    for (let part = 0; part < 1 + random.below(3); part++) {
      taken = Math.min(length - 1, taken + 1 + random.below(Math.ceil(length / 2)));
      this.#send('partially_accepted', time + part * 400, { ...told, acceptedLength: taken });
    }
    if (random.chance(0.4)) this.#send('rejected', time + 3000, told);
  }

  #retain(time: number): void {
    const random = this.#random;
    const fate = random.unit();
    const untouched = random.chance(0.65);
    const edited = Math.round(random.between(34, 50)) / 100;
    const gone = random.chance(0.6) ? 1 : Math.round(random.between(51, 99)) / 100;
    const branch = random.chance(0.01);
    const observed = random.chance(0.75) ? HORIZONS.length : random.below(HORIZONS.length);
    for (let index = 0; index < observed; index++) {
      const afterSeconds = HORIZONS[index]!;
      if (random.chance(0.05)) continue;
      const light = untouched ? 0 : Math.round(random.between(0, 33)) / 100;
      // A little of what is gone comes back for a while.
      const isGone = fate >= HALF_KEPT && !random.chance(0.03);
      const editDistance = isGone ? gone : fate < KEPT[index]! ? light : edited;
      const told = branch ? { editDistance: 1, branchChanged: true } : { editDistance };
      this.#send('retained', time + afterSeconds * 1000, { afterSeconds, ...told });
    }
    if (fate >= HALF_KEPT && random.chance(0.7)) this.#capture(time, rewritten(this.#request.truth));
  }

  /** The file some seconds later: two lines of what stood before, the place, the line after. */
  #capture(time: number, stands: string): void {
    const { prefix, suffix } = this.#request;
    const line = prefix.lastIndexOf('\n', prefix.lastIndexOf('\n') - 1);
    const head = prefix.slice(line + 1);
    const next = suffix.indexOf('\n', 1);
    const tail = next < 0 ? suffix : suffix.slice(0, next);
    this.#send('captured', time + 30_000, {
      ...this.#place,
      capturedCode: head + stands + tail,
      capturedFrom: head.length,
      capturedTo: head.length + stands.length,
      afterSeconds: 30,
    });
  }

  #send(type: EventType, time: number, fields: object): void {
    const random = this.#random;
    const event: Record<string, unknown> = { id: this.#nextId(), type, time: new Date(time).toISOString() };
    Object.assign(event, this.#base, fields);
    const lag = random.chance(LATE_SHARE) ? random.exponential(LATE_MEAN_MS) : 0;
    this.sent.push({ arrival: time + lag, event });
    // Clients that hear no answer send again: the same, or under the same id something else.
    if (random.chance(0.004)) this.sent.push({ arrival: time + 60_000, event });
    if (random.chance(0.0005))
      this.sent.push({ arrival: time + 90_000, event: { ...event, displayedMs: 1 + random.below(9000) } });
  }
}

/** The text as a user might change it: other names and numbers, the last part gone. */
function rewritten(text: string): string {
  const kept = text.slice(0, Math.ceil(text.length * 0.4));
  const cut = kept.lastIndexOf(' ');
  return `${(cut > 0 ? kept.slice(0, cut) : kept).replace(/\d+/g, '0')} undecided`;
}
