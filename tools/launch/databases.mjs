// MariaDB and Redis for npm start: the ones that DATABASE_URL and REDIS_URL name, else private ones that keep their data
// and their ports.
import { join } from 'node:path'
import { Failure, assertNotStopping } from './lifetime.mjs'
import { startMariadb } from './mariadb.mjs'
import { keep } from './paths.mjs'
import { ensurePrograms } from './programs.mjs'
import { say, step } from './progress.mjs'
import { startRedis } from './redis.mjs'
import { makePrivate } from './server.mjs'

const kinds = /** @type {const} */ ([
  { title: 'MariaDB', name: 'mariadb', variable: 'DATABASE_URL', start: startMariadb },
  { title: 'Redis', name: 'redis', variable: 'REDIS_URL', start: startRedis },
])

/** @typedef {typeof kinds[number]} Kind */

/** Their URLs, and a promise that rejects when a private server ends without being stopped. */
export async function databases() {
  await ensurePrograms(kinds.map(({ name }) => name))
  makePrivate(join(keep, 'log'))
  /** @type {(error: unknown) => void} */
  let fail = () => {}
  const death = new Promise((_, reject) => (fail = reject))
  death.catch(() => {})

  const [DATABASE_URL = '', REDIS_URL = ''] = await Promise.all(
    kinds.map((kind) => {
      const given = process.env[kind.variable]
      return given ? useGiven(kind, given) : startPrivate(kind, fail)
    }),
  )
  assertNotStopping()
  return { urls: { DATABASE_URL, REDIS_URL }, death }
}

/** @param {Kind} kind @param {string} url */
function useGiven({ title, variable }, url) {
  return step(title, async (note) => {
    if (!URL.canParse(url)) throw new Failure(`${variable} is not a URL.`)
    note(`${variable} (${new URL(url).host})`)
    return url
  })
}

/** @param {Kind} kind @param {(error: unknown) => void} fail */
async function startPrivate({ title, name, start }, fail) {
  const log = join(keep, 'log', `${name}.log`)
  let taken = 0
  const server = await step(title, async (note) => {
    const at = {
      portFile: join(makePrivate(join(keep, name)), 'port'),
      onTaken: (/** @type {number} */ port) => (taken = port),
    }
    const started = await start({ dir: join(keep, name), log, at })
    note(`private, 127.0.0.1:${started.port}`)
    return started
  })
  if (taken)
    say(`  Another program has port ${taken}, where ${title} was before. ${title} has port ${server.port} from now on.`)
  server.onDeath(() => fail(new Failure(`${title} ended unexpectedly. Its log: ${log}`)))
  return server.url
}
