import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.js';

const SERVER_TESTS = ['test/**/*.test.ts'];

/**
 * Two groups: `unit` (beside the sources, no servers) and `integration` (one Postgres and one Temporal server for the
 * whole run, started by the global setup). `--project unit` runs only the first.
 */
export default defineConfig({
  test: {
    reporters: process.env['MILLRACE_TEST_REPORT']
      ? ['default', ['json', { outputFile: process.env['MILLRACE_TEST_REPORT'] }]]
      : ['default'],
    pool: 'forks',
    maxWorkers: 2,
    isolate: false, // loading Nest, Temporal and DuckDB anew for each file took more time than most tests
    sequence: { sequencer: LongFirst },
    env: { UV_THREADPOOL_SIZE: '16' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.{ts,mjs}'],
          exclude: ['**/node_modules/**', 'dist/**', '.millrace/**', ...SERVER_TESTS],
          testTimeout: 10_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: SERVER_TESTS,
          exclude: ['**/node_modules/**', 'dist/**'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
