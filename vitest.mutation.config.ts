// The tests that mutation testing asks, in one thread and quick files first: a mutant is done with at its first failing test.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files with laws over many samples. */
const SLOW = /(laws|exclusion|cover|check|fold|remote|ignorefile|expression)\.test/;

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => (SLOW.test(moduleId) ? `1${moduleId}` : `0${moduleId}`);
    return [...files].sort((a, b) => (place(a) < place(b) ? -1 : 1));
  }
}

export default defineConfig({
  test: {
    include: ['test/curation/rules/**/*.test.ts', 'test/curation/stages/{nasty,smuggle}.test.ts'],
    setupFiles: ['test/curation/rules/mutation.ts'],
    testTimeout: 180_000,
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
    sequence: { sequencer: QuickFirst },
  },
});
