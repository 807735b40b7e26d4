import { defineConfig } from 'vitest/config';

/** The built command line, as users run it: `npm test -- cli`. */
export default defineConfig({
  test: {
    include: ['test/cli/**/*.e2e.ts'],
    testTimeout: 180_000,
  },
});
