import { defineConfig } from 'vitest/config';

/** The page in a real browser: `npx vitest run -c vitest.webview.config.ts`. */
export default defineConfig({
  test: {
    include: ['test/webview/**/*.e2e.ts'],
    globalSetup: ['test/webview/bundle.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
