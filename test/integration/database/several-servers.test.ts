import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createMysqlPool, type Pool } from '@postern/service/database/mysql'
import { createOpenConnections } from '@postern/service/database/open-connections'
import { createPrimary } from '@postern/service/database/primary'
import { createProbe } from '@postern/service/database/probes'
import { databaseServer } from '../../../src/config/index.js'
import { createPrisma, type PrismaClient } from '../../../src/clients/prisma.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { privateMariadb, type PrivateServer } from '../../support/servers.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'
import { until } from '../../support/wait.js'

const OPTIONS = { poolSize: 6, timeout: 5 }

/** Two servers that accept writes. They have the same server_id, as a copied configuration has. */
let servers: PrivateServer[]
/** Connected to each server as an administrator. */
let admins: TestDatabase[]
let proxy: Awaited<ReturnType<typeof startTcpProxy>>
/** Behind the address: each new connection gets the next one. */
let targets: string[]
let next: number
/** The time that the check sees. */
let now: number
let connections: ReturnType<typeof createOpenConnections>
let primary: ReturnType<typeof createPrimary>
let retired: number
let mysql: Pool
let prisma: PrismaClient

beforeAll(async () => {
  servers = await Promise.all([privateMariadb(), privateMariadb()])
  admins = await Promise.all(servers.map(({ url }) => createTestDatabase({ server: url, migrate: false })))
  for (const admin of admins) await admin.query("CREATE USER service@'%' IDENTIFIED BY 'secret'")
})
afterAll(async () => {
  await Promise.all(admins.map((admin) => admin.drop()))
  await Promise.all(servers.map((server) => server.remove()))
})

beforeEach(async () => {
  targets = servers.map(({ url }) => url)
  ;[next, now, retired] = [0, 0, 0]
  proxy = await startTcpProxy(() => targets[next++ % targets.length] ?? '')
  const DATABASE_URL = proxy.through('mysql://service:secret@127.0.0.1/information_schema')
  const server = databaseServer({ DATABASE_URL })
  connections = createOpenConnections(() => now)
  primary = createPrimary({
    connections,
    probe: createProbe(server),
    onRetired: (_, count) => (retired += count),
  })
  mysql = createMysqlPool(server, OPTIONS, connections)
  prisma = createPrisma(server, OPTIONS, connections)
})
afterEach(async () => {
  await Promise.all([mysql.end(), prisma.$disconnect()])
  proxy.close()
})

/** Returns the ports of the servers that respond. */
async function portsOf(pools: 'both' | 'prisma' = 'both'): Promise<Set<number>> {
  const sql = 'SELECT @@port AS port, SLEEP(0.05)'
  const reads = Array.from({ length: 6 }, () => [
    prisma.$queryRawUnsafe<{ port: bigint | number }[]>(sql),
    ...(pools === 'both' ? [mysql.query(sql).then(([rows]) => rows as { port: number }[])] : []),
  ])
  return new Set((await Promise.all(reads.flat())).map(([row]) => Number(row?.port)))
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    now += 2000
    await primary.check()
  }
}

const bothPorts = () => new Set(servers.map(({ url }) => Number(new URL(url).port)))

it('are all used, and no connection is closed because others reach another server', async () => {
  expect(await portsOf()).toEqual(bothPorts())
  const before = proxy.accepted()
  await turns(100)
  expect(retired).toBe(0)
  // One connection for each check, and now and then one more. The pools opened none.
  expect(proxy.accepted() - before).toBeLessThan(220)
  expect(await portsOf()).toEqual(bothPorts())
})

it('lose their connections one by one when they leave the rotation, without a failed statement', async () => {
  expect(await portsOf()).toEqual(bothPorts())
  const remaining = servers[1]?.url ?? ''
  targets = [remaining]
  const traffic = Promise.all(Array.from({ length: 20 }, () => portsOf()))
  await turns(3)
  await traffic
  expect(retired).toBeGreaterThan(2)
  expect(await portsOf()).toEqual(new Set([Number(new URL(remaining).port)]))
  const left = "SELECT id FROM information_schema.processlist WHERE user = 'service'"
  await until('the other server has no connection', async () => (await admins[0]!.query<object[]>(left)).length === 0)
})

it('does not interrupt a transaction because its connection is old', async () => {
  await prisma.$transaction(async (tx) => {
    const before = await tx.$queryRawUnsafe<object[]>('SELECT CONNECTION_ID() AS id')
    now += 13 * 60_000
    await primary.check()
    expect(retired).toBeGreaterThan(0)
    expect(await tx.$queryRawUnsafe<object[]>('SELECT CONNECTION_ID() AS id')).toEqual(before)
  })
  expect((await portsOf('prisma')).size).toBeGreaterThan(0)
})
