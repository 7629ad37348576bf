import { defineConfig } from 'vitest/config'
import { builtService, BUILDS } from './test/support/built-service.js'
import { LongFirst } from './test/support/long-first.js'
import { PATIENCE_MS } from './test/support/wait.js'

/** Set by npm test, which builds first. Without it, as in an editor, tests load the sources. */
const isBuilt = process.env['TEST_BUILD'] === 'true'

/** One listens to all statements of its process, the other leaves passwords in queues, which time out later. */
const ALONE = ['test/integration/verification/paths.test.ts', 'test/unit/passwords/hash-queue.test.ts']

/** They start the service, and keep nothing in their process. */
const CLIENT = 'packages/client/test/**/*.test.ts'

/** What the projects share. */
const common = {
  plugins: isBuilt ? [builtService()] : [],
  // The same file that Node gives to Apollo Server: graphql refuses to work with a second copy of itself.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
}

const test = {
  server: { deps: { external: isBuilt ? [BUILDS] : [] } },
  pool: 'forks',
  // Longer than any wait in a test, so that the wait fails first and its error names the condition.
  testTimeout: 3 * PATIENCE_MS,
  hookTimeout: 3 * PATIENCE_MS,
  expect: { poll: { timeout: PATIENCE_MS } },
} as const

export default defineConfig({
  test: {
    // Two cores; more files at once only wait for each other.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        ...common,
        test: { ...{ ...test, name: 'alone', include: ALONE }, setupFiles: ['test/support/compile-cache.ts'] },
      },
      {
        ...common,
        test: {
          ...{ ...test, name: 'units', isolate: false },
          include: ['test/unit/**/*.test.ts', '{packages,services}/*/test/**/*.test.ts'],
          exclude: [CLIENT, ...ALONE],
          setupFiles: ['test/support/compile-cache.ts'],
        },
      },
      {
        ...common,
        test: {
          ...{ ...test, name: 'servers', include: ['test/{integration,e2e}/**/*.test.ts', CLIENT], exclude: ALONE },
          setupFiles: ['test/support/compile-cache.ts', 'test/support/empty-redis.ts'],
          // Loading the service takes longer than most files. Its modules keep nothing between files.
          isolate: false,
        },
      },
    ],
  },
})
