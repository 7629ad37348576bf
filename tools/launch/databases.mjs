// MariaDB and Redis for npm start: the ones that DATABASE_URL and REDIS_URL name, else private ones that keep their data.
import { join } from 'node:path'
import { Failure, assertNotStopping } from './lifetime.mjs'
import { startMariadb } from './mariadb.mjs'
import { keep } from './paths.mjs'
import { ensurePrograms } from './programs.mjs'
import { step } from './progress.mjs'
import { startRedis } from './redis.mjs'
import { makePrivate } from './server.mjs'

const kinds = /** @type {const} */ ([
  { title: 'MariaDB', name: 'mariadb', variable: 'DATABASE_URL', start: startMariadb },
  { title: 'Redis', name: 'redis', variable: 'REDIS_URL', start: startRedis },
])

/** Its URLs, and a promise that fails when one of our servers ends although nobody stopped it. */
export async function databases() {
  await ensurePrograms(kinds.map(({ name }) => name))
  const log = makePrivate(join(keep, 'log'))
  /** @type {(error: unknown) => void} */
  let fail = () => {}
  const death = new Promise((_, reject) => (fail = reject))
  death.catch(() => {})

  const urls = await Promise.all(
    kinds.map(async ({ title, name, variable, start }) => {
      const given = process.env[variable]
      if (given) return step(title, async (note) => (note(`${variable} (${new URL(given).host})`), given))
      const server = await step(title, async (note) => {
        const started = await start({ dir: join(keep, name), log: join(log, `${name}.log`) })
        note(`private, 127.0.0.1:${started.port}`)
        return started
      })
      server.onDeath(() => fail(new Failure(`${title} has ended by itself; its log is ${join(log, `${name}.log`)}`)))
      return server.url
    }),
  )
  assertNotStopping()
  const [DATABASE_URL = '', REDIS_URL = ''] = urls
  return { urls: { DATABASE_URL, REDIS_URL }, death }
}
