// The faults, in the order in which they happen. Each resolves when it is over: the store is back.
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Pool } from 'mysql2/promise'
import type { Server } from '../../tools/launch/server.mjs'
import type { Allowed } from './ledger.ts'

export interface Scene {
  mariadb: Server
  redis: Server
  /** The administrator's own connections. */
  database: Pool
  /** Kills one of the two instances, or stops it, and starts another in its place. */
  replaceInstance(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

export interface Fault {
  title: string
  allows: Allowed
  run(scene: Scene): Promise<void>
}

const SECOND = 1000
const mysql: Allowed = { unavailable: true, revocations: true }
const stream: Allowed = { revocations: true }

const onRedis = async ({ redis }: Scene, ...[command, ...values]: [string, ...string[]]) => {
  const client = new Redis(redis.url)
  await client.call(command, ...values)
  client.disconnect()
}

async function frozen(server: Server, milliseconds: number): Promise<void> {
  const pid = server.pid() ?? 0
  process.kill(pid, 'SIGSTOP')
  await pause(milliseconds)
  process.kill(pid, 'SIGCONT')
}

async function killed(server: Server, milliseconds: number): Promise<void> {
  await server.kill()
  await pause(milliseconds)
  await server.restart()
}

/** Two transactions that lock the same rows in opposite orders, as no operation of the service does. */
async function deadlocks({ database }: Scene, milliseconds: number): Promise<void> {
  const [rows] = (await database.query('SELECT id FROM users ORDER BY RAND() LIMIT 40')) as unknown as [
    { id: string }[],
  ]
  const ids = rows.map(({ id }) => id)
  const end = performance.now() + milliseconds
  const worker = async (order: readonly string[]) => {
    const connection = await database.getConnection()
    while (performance.now() < end) {
      await connection.beginTransaction()
      try {
        for (const id of order.slice(0, 8)) await connection.query('SELECT 1 FROM users WHERE id = ? FOR UPDATE', [id])
      } catch {
        // It was the victim of the deadlock.
      }
      await connection.rollback()
    }
    connection.release()
  }
  await Promise.all([worker(ids), worker(ids.toReversed()), worker(ids.toSorted())])
}

export const faults: Fault[] = [
  {
    title: 'MariaDB does not respond for 10 s (SIGSTOP)',
    allows: mysql,
    run: ({ mariadb }) => frozen(mariadb, 10 * SECOND),
  },
  {
    title: 'Redis is killed, and back after 5 s without its data',
    allows: stream,
    run: ({ redis }) => killed(redis, 5 * SECOND),
  },
  { title: 'one of two instances is killed', allows: { lost: true }, run: (scene) => scene.replaceInstance('SIGKILL') },
  { title: 'FLUSHALL', allows: stream, run: (scene) => onRedis(scene, 'FLUSHALL') },
  {
    title: 'MariaDB is killed, and back after 2 s',
    allows: mysql,
    run: ({ mariadb }) => killed(mariadb, 2 * SECOND),
  },
  {
    title: 'Redis is out of memory for 5 s (noeviction)',
    allows: stream,
    async run(scene) {
      await onRedis(scene, 'CONFIG', 'SET', 'maxmemory', '1')
      await pause(5 * SECOND)
      await onRedis(scene, 'CONFIG', 'SET', 'maxmemory', '0')
    },
  },
  { title: 'deadlocks for 5 s', allows: {}, run: (scene) => deadlocks(scene, 5 * SECOND) },
  {
    title: 'Redis does not respond for 10 s (SIGSTOP)',
    allows: stream,
    run: ({ redis }) => frozen(redis, 10 * SECOND),
  },
  { title: 'one of two instances is replaced (SIGTERM)', allows: {}, run: (scene) => scene.replaceInstance('SIGTERM') },
  {
    title: 'MariaDB is read-only for 5 s',
    allows: mysql,
    async run({ database }) {
      await database.query('SET GLOBAL read_only = 1')
      await pause(5 * SECOND)
      await database.query('SET GLOBAL read_only = 0')
    },
  },
  { title: 'Redis restarts', allows: stream, run: ({ redis }) => redis.restart() },
  { title: 'MariaDB restarts', allows: mysql, run: ({ mariadb }) => mariadb.restart() },
]
