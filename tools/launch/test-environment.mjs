// The environment of a test run: servers, a browser, promtool, and none of the variables of the service.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { takeServers } from './lasting-servers.mjs'
import { Failure } from './lifetime.mjs'
import { startMariadb } from './mariadb.mjs'
import { inRoot } from './paths.mjs'
import { chromiumPath, ensurePrograms, headlessChromiumPath, promtoolPath, tryToEnsure } from './programs.mjs'
import { step } from './progress.mjs'
import { startRedis } from './redis.mjs'

/** The variables of the service. Tests run without them, so that a developer's settings cannot make them fail. */
function serviceVariables() {
  const example = existsSync(inRoot('.env.example')) ? readFileSync(inRoot('.env.example'), 'utf8') : ''
  return [...example.matchAll(/^#?\s*([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name)
}

/** The servers of `npm run servers`, else the ones that TEST_ variables name, else temporary ones. @param {string} folder */
export async function testServers(folder) {
  await ensurePrograms(['mariadb', 'redis', 'chromium', 'promtool'], { forTests: true })
  await tryToEnsure('headlessChromium')
  const { TEST_DATABASE_URL: database, TEST_REDIS_URL: redis } = process.env
  const lasting = database || redis ? undefined : await takeServers()
  const { urls } = lasting
    ? await step('servers', async (note) => (note('those of npm run servers'), { urls: lasting }))
    : await startTestServers(folder, { database, redis })
  const browsers = { CHROMIUM_PATH: chromiumPath(), HEADLESS_CHROMIUM_PATH: headlessChromiumPath() }
  return { ...urls, ...browsers, PROMTOOL_PATH: promtoolPath() }
}

/**
 * Starts temporary servers, except for those that are given. `death` rejects when one of them ends without being stopped.
 * @param {string} folder @param {{ database?: string | undefined, redis?: string | undefined }} [given]
 */
export async function startTestServers(folder, given = {}) {
  // Most files make a database, and drop it. Without a file for each table, both take half of the time.
  const settings = ['--innodb-file-per-table=0']
  /** @type {(error: unknown) => void} */
  let fail = () => {}
  const death = new Promise((_, reject) => (fail = reject))
  death.catch(() => {})

  /** @param {string} title @param {() => ReturnType<typeof startRedis>} launch */
  async function start(title, launch) {
    const server = await step(title, launch)
    server.onDeath(() => fail(new Failure(`${title} ended unexpectedly.`)))
    return server.url
  }
  const [database, redis] = await Promise.all([
    given.database || start('MariaDB', () => startMariadb({ dir: join(folder, 'mariadb'), throwAway: true, settings })),
    given.redis || start('Redis', () => startRedis({ dir: join(folder, 'redis'), throwAway: true })),
  ])
  return { urls: { TEST_DATABASE_URL: database, TEST_REDIS_URL: redis }, death }
}

/**
 * All processes of the run share Node's cache of compiled code.
 * @param {string} folder @param {Record<string, string>} servers @returns {NodeJS.ProcessEnv}
 */
export function testEnvironment(folder, servers) {
  const env = { ...process.env }
  for (const name of serviceVariables()) delete env[name]
  // The folder is removed at the end, with the temporary files of the tests.
  const TMPDIR = join(folder, 'tmp')
  mkdirSync(TMPDIR)
  return { ...env, ...servers, TMPDIR, NODE_COMPILE_CACHE: join(folder, 'compiled') }
}
