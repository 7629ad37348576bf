// What all parts need: a private MariaDB and Redis, databases, and servers that use them.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createPool, type Pool } from 'mysql2/promise'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { startMariadb } from '../../tools/launch/mariadb.mjs'
import { run } from '../../tools/launch/children.mjs'
import { node, root } from '../../tools/launch/paths.mjs'
import { startRedis } from '../../tools/launch/redis.mjs'
import { type Candidate, startCandidate } from './candidate.ts'

/** The data of one deployment: a migrated database, and a numbered database of Redis. */
export interface Data {
  database: Pool
  redis: Redis
  urls: { DATABASE_URL: string; REDIS_URL: string }
}

export interface PosternOptions {
  name?: string
  env?: Record<string, string>
  options?: string[]
  files?: number
  cores?: string
  /** Another checkout, built. */
  folder?: string
}

export type Stage = Awaited<ReturnType<typeof openStage>>

const secret = () => randomBytes(32).toString('hex')
const secrets = { JWT_SECRET: secret(), REFRESH_KEY: secret(), METRICS_TOKEN: secret(), GATEWAY_KEY: secret() }

export async function openStage(folder: string) {
  const [mariadb, redisServer] = await Promise.all([
    startMariadb({
      dir: join(folder, 'mariadb'),
      throwAway: true,
      // Ten million usernames with their owners fit in memory, as they should in production.
      settings: ['--innodb-buffer-pool-size=4G', '--innodb-log-file-size=1G'],
    }),
    startRedis({ dir: join(folder, 'redis'), throwAway: true }),
  ])
  // The data is discarded, so no clean shutdown is needed.
  onStop(() => Promise.all([mariadb.kill(), redisServer.kill()]))
  const files = join(folder, 'files')
  mkdirSync(files)
  let serial = 0

  return {
    /** The secrets of all servers. */
    secrets,
    /** A folder for name lists and profiles. */
    files,
    /** The processes of the stores. */
    stores: { mariadb: mariadb.pid() ?? 0, redis: redisServer.pid() ?? 0 },

    /** Creates an empty Redis, and a database that `checkout` has migrated, or an empty one. */
    async data(checkout: string | null = root): Promise<Data> {
      const name = `bench_${++serial}`
      const urls = {
        DATABASE_URL: mariadb.url.replace(/[^/]*$/, name),
        REDIS_URL: `${redisServer.url}/${serial}`,
      }
      const server = createPool({ uri: mariadb.url })
      await server.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`)
      await server.end()
      if (checkout !== null)
        await run('The migration', node, [join(checkout, 'dist/cli.js'), 'migrate'], {
          cwd: checkout,
          env: { ...process.env, ...urls },
        })
      const redis = new Redis(urls.REDIS_URL, { protocol: 2 })
      redis.on('error', () => undefined)
      return { database: createPool({ uri: urls.DATABASE_URL, connectionLimit: 4 }), redis, urls }
    },

    async discard({ database, redis }: Data): Promise<void> {
      redis.disconnect()
      await database.end()
    },

    postern(
      { urls }: Data,
      { name = 'Postern', env = {}, folder = root, ...rest }: PosternOptions = {},
    ): Promise<Candidate> {
      const file = join(folder, 'dist/main.js')
      return startCandidate({ name, file, folder, env: { ...secrets, ...urls, ...env }, ...rest })
    },

    /** Starts one of peers/ with a lookup. */
    peer(
      { urls }: Data,
      name: string,
      file: string,
      lookup: 'single' | 'batched' | 'prisma' = 'single',
    ): Promise<Candidate> {
      return startCandidate({ name, file: `bench/peers/${file}.ts`, env: { ...secrets, ...urls, LOOKUP: lookup } })
    },
  }
}
