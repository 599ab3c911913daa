// Mutation testing of the rules: whether the tests notice when a rule is changed. `npm run mutate`, or a part of it with
// `npm run mutate -- --mutate 'curation/rules/repository/*.ts'`. Takes an hour or two in all; a repeated run asks only what changed.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const sandboxes = join(import.meta.dirname, '.stryker-tmp');
const conformance = join(import.meta.dirname, '..', 'shared');

// The tests look for conformance data beside the project, and a sandbox lies one folder deeper.
if (existsSync(conformance)) {
  mkdirSync(sandboxes, { recursive: true });
  rmSync(join(sandboxes, 'shared'), { force: true });
  symlinkSync(conformance, join(sandboxes, 'shared'));
}

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  mutate: ['curation/rules/**/*.ts'],
  ignorePatterns: ['dist', 'docs', 'ops', '.bench', 'garner-out', 'test/histories', 'test/drills', 'reports'],
  tempDirName: '.stryker-tmp',
  coverageAnalysis: 'perTest',
  // A constant of a module would need every test again for each of its mutants.
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: 'reports/mutation/incremental.json',
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false },
  thresholds: { high: 90, low: 85, break: 85 },
};
