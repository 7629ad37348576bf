// Everything that the stores contain, as text for a search.
import { Redis } from 'ioredis'
import type { TestDatabase } from './database.js'
import { testRedisUrl } from './redis.js'

/** Every row of every table, in all forms that a column can have. */
export async function dumpTables(database: TestDatabase): Promise<string> {
  const tables = await database.query<{ name: string }>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  )
  const rows = await Promise.all(
    tables.map(({ name }) => database.query<Record<string, unknown>>(`SELECT * FROM ${name}`)),
  )
  const forms = (value: unknown) =>
    Buffer.isBuffer(value) ? `${value.toString('latin1')} ${value.toString('hex')}` : value
  return JSON.stringify(rows.flat().map((row) => Object.values(row).map(forms)))
}

/** Every key and value. */
export async function dumpRedis(): Promise<string> {
  const redis = new Redis(testRedisUrl(), { protocol: 2 })
  const read: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    stream: (key) => redis.xrange(key, '-', '+'),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, '0', '-1'),
    list: (key) => redis.lrange(key, 0, -1),
  }
  const keys = await redis.keys('*')
  const entries = await Promise.all(keys.map(async (key) => [key, await read[await redis.type(key)]?.(key)]))
  redis.disconnect()
  return JSON.stringify(entries)
}
