/** Every workflow that a worker runs. */
export { curate } from './curate.ts';
export { page } from './page.ts';
