import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Account, REGISTER, type SignedIn, unique } from '../../support/client.js'
import { createTestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateMariadb, type PrivateServer } from '../../support/servers.js'
import { type Instance, startInstance } from '../../support/service.js'
import { mountSmallDisk, type SmallDisk } from '../../support/small-disk.js'
import { until } from '../../support/wait.js'

const PROFILE = '{ profile { id } }'
const TIMEOUT_SECONDS = 3

/** Twice the timeout, for a write (docs/operations.md), and much time for a busy machine. MariaDB itself waits for minutes. */
const LONGEST_WAIT_MS = 30_000

const SMALL = ['--innodb-log-file-size=8M', '--innodb-flush-method=fsync', '--innodb-buffer-pool-size=16M']

/** With its binary log, MariaDB does not refuse a commit: it waits until there is space, and looks once a minute. */
const SERVERS = { 'without a binary log': [], 'with a binary log': ['--log-bin', '--server-id=1', '--sync-binlog=1'] }

const disk = mountSmallDisk(160)

describe.skipIf(disk === null).each(Object.entries(SERVERS))('a full disk of MariaDB %s', (_, settings) => {
  const { path, fill, free } = disk ?? ({} as SmallDisk)
  let mariadb: PrivateServer
  let service: Instance
  let early: SignedIn

  beforeAll(async () => {
    mariadb = await privateMariadb([...SMALL, ...settings], path)
    const { url } = await createTestDatabase({ server: mariadb.url })
    const timeout = { DATABASE_TIMEOUT: String(TIMEOUT_SECONDS) }
    service = await startInstance({ DATABASE_URL: url, REDIS_URL: testRedisUrl(), ...timeout })
    early = await service.signUp()
  })
  afterAll(async () => {
    free()
    await service.stop()
    await mariadb.remove()
  })

  it('is an outage of writes, no hang, and ends when there is space again, with everything that was acknowledged', async () => {
    const acknowledged: Account[] = [early]
    const codes = new Set<string>()
    let longest = 0
    async function register(): Promise<string> {
      const account = { email: `${unique()}@example.com`, username: unique(), password: 'correct horse' }
      const began = performance.now()
      const { code = 'OK', data } = await service.graphql(REGISTER, { input: account })
      longest = Math.max(longest, performance.now() - began)
      if (code === 'OK') acknowledged.push({ ...account, id: data?.['register'].user.id as string })
      codes.add(code)
      return code
    }

    fill()
    await until('writes are refused', async () => {
      fill()
      return (await Promise.all([1, 2, 3, 4].map(register))).includes('SERVICE_UNAVAILABLE')
    })
    await service.succeed(PROFILE, {}, early.token)
    for (let n = 0; n < 5; n++) await register()
    expect(codes).toEqual(new Set([...codes].filter((code) => code === 'OK' || code === 'SERVICE_UNAVAILABLE')))
    expect(longest).toBeLessThan(LONGEST_WAIT_MS)

    free()
    await until('writes work again', async () => (await register()) === 'OK', { seconds: 150, every: 500 })
    await until('the breakers are closed', () => service.app.breakers().every(({ state }) => state === 'closed'))

    await mariadb.kill()
    await mariadb.restart()
    await until('the service is ready again', async () => (await fetch(`${service.url}/health/ready`)).ok)
    for (const account of acknowledged.slice(0, 20)) expect(await service.login(account)).toHaveProperty('token')
    for (const { username } of acknowledged) expect(await service.isAvailable(username)).toBe(false)
  })
})

afterAll(() => disk?.remove())

it.runIf(disk === null)(
  'a full disk of MariaDB is not tested: this user may not mount a small file system',
  () => undefined,
)
