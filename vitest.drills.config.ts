import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/drills/**/*.drill.ts'],
    testTimeout: 900_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
});
