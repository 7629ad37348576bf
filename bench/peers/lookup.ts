// The lookup that all peers share: Redis first, then MySQL, which also puts taken names into Redis.
import { Redis } from 'ioredis'
import { createPool, type RowDataPacket } from 'mysql2/promise'
import { built } from '../stage/built.ts'
import type { createPrisma as CreatePrisma } from '../../src/clients/prisma.ts'
import type { databaseServer as DatabaseServer } from '../../src/config/index.ts'

const TTL_SECONDS = 86_400

const key = (name: string) => `username_exists:${name}`

type IsTaken = (canonical: string) => Promise<boolean>

const connect = () => ({
  redis: new Redis(process.env['REDIS_URL'] ?? '', { protocol: 2 }),
  pool: createPool({ uri: process.env['DATABASE_URL'] ?? '', connectionLimit: 10 }),
})

/** One GET per check, and one prepared statement per miss. */
function single(): IsTaken {
  const { redis, pool } = connect()
  return async (name) => {
    if ((await redis.get(key(name))) !== null) return true
    const [rows] = await pool.execute<RowDataPacket[]>('SELECT 1 FROM usernames WHERE username_key = ?', [name])
    if (rows.length === 0) return false
    await redis.set(key(name), '1', 'EX', TTL_SECONDS)
    return true
  }
}

/** One GET per check, and Prisma per miss. */
async function prisma(): Promise<IsTaken> {
  const { redis } = connect()
  const { createPrisma } = (await built('clients/prisma.js')) as { createPrisma: typeof CreatePrisma }
  const { databaseServer } = (await built('config/index.js')) as { databaseServer: typeof DatabaseServer }
  const client = createPrisma(databaseServer({ DATABASE_URL: process.env['DATABASE_URL'] ?? '' }), {
    poolSize: 10,
    timeout: 5,
  })
  return async (name) => {
    if ((await redis.get(key(name))) !== null) return true
    const found = await client.username.findUnique({ where: { canonical: name }, select: { state: true } })
    if (found === null) return false
    await redis.set(key(name), '1', 'EX', TTL_SECONDS)
    return true
  }
}

/** One MGET and one statement for all checks in one turn of the event loop. */
function batched(): IsTaken {
  const { redis, pool } = connect()
  let waiting: { name: string; resolve: (taken: boolean) => void; reject: (error: unknown) => void }[] = []

  async function send(): Promise<void> {
    const turn = waiting
    waiting = []
    try {
      const found = await redis.mget(turn.map(({ name }) => key(name)))
      const missed = turn.filter((_, i) => found[i] == null)
      for (const [i, { resolve }] of turn.entries()) if (found[i] != null) resolve(true)
      if (missed.length === 0) return
      const names = missed.map(({ name }) => name)
      const sql = 'SELECT username_key FROM usernames WHERE username_key IN (?)'
      const [rows] = await pool.query<RowDataPacket[]>(sql, [names])
      const taken = new Set(rows.map((row) => row['username_key'] as string))
      for (const name of taken) void redis.set(key(name), '1', 'EX', TTL_SECONDS)
      for (const { name, resolve } of missed) resolve(taken.has(name))
    } catch (error) {
      for (const { reject } of turn) reject(error)
    }
  }

  return (name) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ name, resolve, reject }) === 1) setImmediate(() => void send())
    })
}

/** Creates the lookup that the variable LOOKUP names. */
export async function createLookup(): Promise<IsTaken> {
  const make = { single, batched, prisma }[process.env['LOOKUP'] ?? '']
  if (!make) throw new Error('LOOKUP must be single, batched or prisma.')
  return make()
}
