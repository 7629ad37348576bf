import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startMariadb } from './mariadb.mjs'
import { inRoot } from './paths.mjs'
import { chromiumPath, ensurePrograms } from './programs.mjs'
import { step } from './progress.mjs'
import { startRedis } from './redis.mjs'

/** The service's own variables: a developer's settings must not decide whether the tests pass. */
function serviceVariables() {
  const always = [
    'DATABASE_URL',
    'REDIS_URL',
    'JWT_SECRET',
    'REFRESH_KEY',
    'REVOCATION_KEY',
    'NODE_ENV',
    'PORT',
    'HOST',
  ]
  const example = existsSync(inRoot('.env.example')) ? readFileSync(inRoot('.env.example'), 'utf8') : ''
  return [...always, ...[...example.matchAll(/^#?\s*([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name)]
}

/** Throw-away servers unless there are some for tests, and a browser. @param {string} folder */
export async function testServers(folder) {
  const { TEST_DATABASE_URL = '', TEST_REDIS_URL = '' } = process.env
  await ensurePrograms(['mariadb', 'redis', 'chromium'], { forTests: true })
  const [database, redis] = await Promise.all([
    TEST_DATABASE_URL ||
      step('MariaDB', () => startMariadb({ dir: join(folder, 'mariadb'), throwAway: true })).then(({ url }) => url),
    TEST_REDIS_URL ||
      step('Redis', () => startRedis({ dir: join(folder, 'redis'), throwAway: true })).then(({ url }) => url),
  ])
  return { TEST_DATABASE_URL: database, TEST_REDIS_URL: redis, CHROMIUM_PATH: chromiumPath() }
}

/** @param {string} folder @param {Record<string, string>} servers @returns {NodeJS.ProcessEnv} */
export function testEnvironment(folder, servers) {
  const env = { ...process.env }
  for (const name of serviceVariables()) delete env[name]
  // What the tests leave behind lies where everything is removed.
  const TMPDIR = join(folder, 'tmp')
  mkdirSync(TMPDIR)
  return { ...env, ...servers, TMPDIR }
}
