// MariaDB and Redis, and RabbitMQ on request, for npm start: the ones that DATABASE_URL, REDIS_URL and RABBITMQ_URL name,
// else private ones that keep their data and their ports.
import { join } from 'node:path'
import { Failure, assertNotStopping } from './lifetime.mjs'
import { startMariadb } from './mariadb.mjs'
import { keep } from './paths.mjs'
import { ensurePrograms } from './programs.mjs'
import { say, step } from './progress.mjs'
import { startRabbitmq } from './rabbitmq.mjs'
import { startRedis } from './redis.mjs'
import { makePrivate } from './server.mjs'

const kinds = /** @type {const} */ ([
  { title: 'MariaDB', name: 'mariadb', variable: 'DATABASE_URL', start: startMariadb },
  { title: 'Redis', name: 'redis', variable: 'REDIS_URL', start: startRedis },
])
const rabbitmq = /** @type {const} */ ({
  title: 'RabbitMQ',
  name: 'rabbitmq',
  variable: 'RABBITMQ_URL',
  start: startRabbitmq,
})

/** @typedef {typeof kinds[number] | typeof rabbitmq} Kind */
/** @typedef {{ withRabbitmq?: boolean }} Wanted */

/** Their URLs, and a promise that rejects when a private server ends without being stopped. @param {Wanted} [wanted] */
export async function databases({ withRabbitmq = false } = {}) {
  const wanted = withRabbitmq ? [...kinds, rabbitmq] : kinds
  await ensurePrograms(wanted.map(({ name }) => name))
  makePrivate(join(keep, 'log'))
  /** @type {(error: unknown) => void} */
  let fail = () => {}
  const death = new Promise((_, reject) => (fail = reject))
  death.catch(() => {})

  const [DATABASE_URL = '', REDIS_URL = '', RABBITMQ_URL] = await Promise.all(
    wanted.map((kind) => {
      const given = process.env[kind.variable]
      return given ? useGiven(kind, given) : startPrivate(kind, fail)
    }),
  )
  assertNotStopping()
  return { urls: { DATABASE_URL, REDIS_URL, ...(RABBITMQ_URL !== undefined && { RABBITMQ_URL }) }, death }
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
