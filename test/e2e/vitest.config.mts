import { defineConfig } from 'vitest/config';

/** The installed extension in real VS Code: `npm test -- e2e`, or `npx vitest run -c test/e2e/vitest.config.mts`. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.ts'],
    globalSetup: ['test/e2e/harness/globalSetup.ts'],
    // One server, whose settings and workspace the scenarios change in turn.
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
