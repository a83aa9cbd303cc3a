import { defineConfig } from 'vitest/config';

const setupFiles = ['./harness/kit/virtual-time.ts'];
// The first suite on Postgres waits for its start.
const testTimeout = 60_000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'katas',
          include: ['katas/group*/{*/kata,gate}.test.ts'],
          setupFiles,
          testTimeout,
          pool: 'threads',
        },
      },
      {
        test: {
          name: 'answerdesk',
          include: ['katas/answerdesk/**/*.test.ts', 'katas/group*/incident/**/*.test.ts'],
          setupFiles,
          testTimeout,
          pool: 'threads',
        },
      },
      {
        test: {
          name: 'harness',
          include: ['harness/**/*.test.ts'],
          pool: 'forks',
          testTimeout,
          // Tests that are about progress switch it on.
          env: { KATA_PROGRESS: 'off' },
        },
      },
    ],
  },
});
