/** Every workflow that a worker runs. */
export { curate } from './curate.ts';
export { erase } from './erase.ts';
export { measure } from './measure.ts';
export { nightly } from './nightly.ts';
export { page } from './page.ts';
export { recheck } from './recheck.ts';
export { retention } from './retention.ts';
