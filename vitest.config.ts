import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The same file that Node gives to Apollo Server: graphql refuses to work with a second copy of itself.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    pool: 'forks',
    // Two cores; more files at once only wait for each other.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
