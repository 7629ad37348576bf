import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateMariadb, type PrivateServer } from '../../support/servers.js'
import { startInstance, type Instance } from '../../support/service.js'
import { until } from '../../support/wait.js'

const RENAME = 'mutation { updateProfile(input: { firstName: "Ada" }) { firstName } }'

let mariadb: PrivateServer
let database: TestDatabase
let service: Instance

beforeAll(async () => {
  mariadb = await privateMariadb()
  database = await createTestDatabase({ server: mariadb.url })
})
afterAll(() => mariadb.remove())

it.each([
  ['hangs', () => Promise.resolve(mariadb.freeze()), () => Promise.resolve(mariadb.thaw())],
  ['is gone', () => mariadb.kill(), () => mariadb.restart()],
])('Prisma, first used while MariaDB %s, works when it is back', async (_what, begin, end) => {
  service = await startInstance({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: '2' })
  try {
    const { token } = await service.signUp()
    // The transaction itself, because the read of the session would fail before it.
    const role = () => service.app.services.accounts.roles.setRole({ email: 'none@example.com' }, 'ADMIN', null)
    await begin()
    try {
      const codes = await Promise.all([role(), role(), role()].map((call) => call.catch((error: unknown) => error)))
      for (const error of codes) expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    } finally {
      await end()
    }
    await until(
      'profiles can be changed',
      async () => (await service.graphql(RENAME, {}, token)).data?.['updateProfile'],
    )
    for (let i = 0; i < 10; i++) await service.succeed(RENAME, {}, token)
  } finally {
    await service.stop()
  }
})
