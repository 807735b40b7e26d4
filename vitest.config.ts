import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'webview/**/*.test.ts'],
    testTimeout: 30_000,
    // Its own choice leaves a core idle, half of them where there are two.
    maxWorkers: '100%',
  },
});
