// Loaded before the program (NODE_OPTIONS=--import): its clock is ahead or behind by DRILL_CLOCK_MS milliseconds.
const shift = Number(process.env.DRILL_CLOCK_MS);
const Clock = globalThis.Date;
const now = () => Clock.now() + shift;
globalThis.Date = new Proxy(Clock, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new Clock(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
