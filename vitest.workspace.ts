import { defineConfig } from 'vitest/config';

const setupFiles = ['./harness/kit/virtual-time.ts'];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'katas', include: ['katas/group*/**/*.test.ts'], setupFiles, pool: 'threads' } },
      { test: { name: 'answerdesk', include: ['katas/answerdesk/**/*.test.ts'], setupFiles, pool: 'threads' } },
      {
        test: {
          name: 'harness',
          include: ['harness/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          // Tests that are about progress switch it on.
          env: { KATA_PROGRESS: 'off' },
        },
      },
    ],
  },
});
