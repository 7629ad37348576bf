// Mixed load for minutes, with a fault every 30 seconds, and every answer checked.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createPool } from 'mysql2/promise'
import { startMariadb } from '../../tools/launch/mariadb.mjs'
import { migrateAll } from '../../tools/launch/migrate.mjs'
import { startRedis } from '../../tools/launch/redis.mjs'
import { whole } from '../report/statistics.ts'
import { onStop } from '../../tools/launch/lifetime.mjs'
import type { Account } from '../soak/account.ts'
import { createBalancer } from '../soak/balancer.ts'
import { faults } from '../soak/faults.ts'
import { startInstances } from '../soak/instances.ts'
import { createLedger, RECOVERY_MS } from '../soak/ledger.ts'
import { createLoad } from '../soak/load.ts'
import { followLogouts } from '../soak/logouts.ts'
import type { Memory } from '../soak/memory.ts'
import { createOperations } from '../soak/operations.ts'
import { report } from '../soak/report.ts'
import { compareWithStored } from '../soak/stored.ts'
import type { Measure } from './part.ts'

const ACCOUNTS = 400
const USERS_AT_ONCE = 24
const CAPACITY_MS = 10_000
const FAULT_EVERY_MS = 30_000
const MINUTE = 60_000
const BEFORE_FAULT_MS = 3000

/** Private servers that keep what they have acknowledged when they are killed, as in production. */
async function startStores(folder: string) {
  const settings = ['--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=256M']
  const [mariadb, redis] = await Promise.all([
    startMariadb({ dir: join(folder, 'soak-mariadb'), throwAway: true, settings }),
    startRedis({ dir: join(folder, 'soak-redis'), throwAway: true }),
  ])
  onStop(() => Promise.all([mariadb.kill(), redis.kill()]))
  await migrateAll([], { ...process.env, DATABASE_URL: mariadb.url, REDIS_URL: redis.url }, () => undefined)
  const database = createPool({ uri: mariadb.url, connectionLimit: 4 })
  // The account of the private server may write although the server is read-only.
  await database.query("CREATE USER service@'%' IDENTIFIED BY 'secret'")
  await database.query("GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO service@'%'")
  const url = Object.assign(new URL(mariadb.url), { username: 'service', password: 'secret' })
  return { mariadb, redis, database, urls: { DATABASE_URL: url.toString(), REDIS_URL: redis.url } }
}

export const soak: Measure = async ({ stage, note, minutes }) => {
  note('starting servers and two instances')
  const stores = await startStores(stage.files)
  const instances = await startInstances({
    ...stage.secrets,
    ...stores.urls,
    INSTANCES: '2',
    USERNAME_RENAMES: '9999/1',
  })
  const ledger = createLedger()
  const balancer = createBalancer(instances.urls)
  const accounts: Account[] = []
  const valid = () => accounts.flatMap(({ sessions }) => sessions.slice(0, 1).map(({ token }) => token))
  const options = { secret: stage.secrets.JWT_SECRET, redis: stores.redis.url, ledger, valid }
  const logouts = await followLogouts(options)
  const operations = createOperations({ balancer, ledger, logouts, accounts })
  const load = createLoad(operations, accounts)

  note('registering users')
  while (accounts.length < ACCOUNTS) await Promise.all(Array.from({ length: 8 }, operations.register))
  note('measuring the capacity')
  await load.saturate(USERS_AT_ONCE, CAPACITY_MS / 2)
  const capacity = await load.saturate(USERS_AT_ONCE, CAPACITY_MS)

  const length = minutes * MINUTE
  const begun = performance.now()
  const at = (milliseconds: number) => pause(Math.max(0, begun + milliseconds - performance.now()))
  let isOver = false
  const running = load.steady(capacity / 2, () => isOver)
  const happened: string[] = []
  async function disturb(): Promise<void> {
    for (let n = 1; (n + 1) * FAULT_EVERY_MS <= length; n++) {
      await at(n * FAULT_EVERY_MS)
      const fault = faults[(n - 1) % faults.length]!
      note(`${whole((n * FAULT_EVERY_MS) / 1000)} s: ${fault.title}`)
      const over = ledger.fault(fault.allows)
      await fault.run({ ...stores, replaceInstance: (signal) => instances.replace(signal) })
      over()
      happened.push(fault.title)
    }
  }
  const disturbing = disturb()
  const memory: Memory[] = []
  for (let end = MINUTE; end <= length; end += MINUTE) {
    await at(end - BEFORE_FAULT_MS)
    memory.push(await load.during(() => instances.memory()))
  }
  await disturbing
  isOver = true
  note('waiting for the last answers')
  await running

  await pause(RECOVERY_MS)
  const ended = await logouts.finish()
  await compareWithStored(stores.database, accounts, ledger, ended)
  balancer.close()
  await instances.stop()
  await stores.database.end()
  return report({
    ledger,
    capacity,
    happened,
    memory,
    minutes,
    registered: accounts.length,
    ended: ended.length,
  })
}
