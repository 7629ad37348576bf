import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Authority, createAuthority } from '../../support/certificates.js'
import { LOGIN, unique } from '../../support/client.js'
import { testRedisUrl } from '../../support/redis.js'
import { type ReplicatedPair, startReplicatedPair } from '../../support/replication.js'
import { type Instance, startInstance } from '../../support/service.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'
import { serverFiles } from '../../support/tls-mariadb.js'
import { until } from '../../support/wait.js'

/** What docs/production.md promises. */
const BOUND_MS = 10_000

const PROFILE = '{ profile { id } }'

let authority: Authority
let folder: string
let pair: ReplicatedPair
let target: string
let proxy: Awaited<ReturnType<typeof startTcpProxy>>
let service: Instance

beforeEach(async () => {
  authority = createAuthority()
  const files = await serverFiles(authority, authority.sign('IP:127.0.0.1'))
  folder = files.folder
  pair = await startReplicatedPair(files.options)
  // Also on the replica, which replicates it.
  await pair.primary.query("ALTER USER service@'%' REQUIRE SSL")
  target = pair.primary.url
  proxy = await startTcpProxy(() => target)
  service = await startInstance({
    DATABASE_URL: proxy.through(pair.primary.url),
    DATABASE_CA: authority.ca,
    REDIS_URL: testRedisUrl(),
  })
})
afterEach(async () => {
  await service.stop()
  proxy.close()
  await pair.remove()
  authority.remove()
  rmSync(folder, { recursive: true })
})

const names = () => Array.from({ length: 20 }, () => unique())

it.each(['is demoted', 'hangs'])('over TLS, everything leaves a primary that %s within 10 seconds', async (what) => {
  const account = await service.signUp()
  await Promise.all([
    ...names().map((name) => service.isAvailable(name)),
    ...names().map((username) => service.register({ username })),
    ...names().map(() => service.succeed(PROFILE, {}, account.token)),
  ])
  await pair.promote()
  if (what === 'hangs') pair.freezePrimary()
  target = pair.replica.url
  const since = performance.now()
  const works = async () => {
    const { email, password } = account
    const answers = await Promise.all([
      ...names().map(() => service.graphql(PROFILE, {}, account.token)),
      service.graphql(LOGIN, { input: { email, password } }),
      service.graphql(`{ checkUsernameAvailability(username: "${unique()}") { available } }`),
    ])
    return answers.every(({ code }) => code === undefined)
  }
  if (what === 'is demoted')
    await until('the old primary has no connection', async () => (await pair.primary.connections()) === 0)
  await until('everything works', works)
  expect(performance.now() - since).toBeLessThan(BOUND_MS)
  await service.register({ username: unique() })
})
