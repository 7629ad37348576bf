import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Authority, createAuthority } from '../../support/certificates.js'
import { startProgram, startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateMariadb } from '../../support/servers.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { startTlsMariadb, type TlsMariadb } from '../../support/tls-mariadb.js'

let authority: Authority
let stranger: Authority
let server: TlsMariadb

beforeAll(async () => {
  ;[authority, stranger] = [createAuthority(), createAuthority()]
  server = await startTlsMariadb(authority, authority.sign('DNS:localhost'))
  // No connection of these users can use anything else, whichever driver opens it.
  await server.user('encrypted', "@'%'", 'REQUIRE SSL')
  await server.user('local', "@'localhost'")
})
afterAll(async () => {
  await server.remove()
  authority.remove()
  stranger.remove()
})
beforeEach(() => server.show(authority.sign('DNS:localhost')))

const settings = (env: Record<string, string>) => ({ ...TEST_ENVIRONMENT, REDIS_URL: testRedisUrl(), ...env })

const migrate = (env: Record<string, string>) => startProgram('cli.js', ['migrate'], settings(env)).finished

/** Migrates, and uses the service through every connection that it has. */
async function serves(env: Record<string, string>): Promise<void> {
  expect(await migrate(env)).toMatchObject({ code: 0, stderr: '' })
  const service = await startServiceProcess({ REDIS_URL: testRedisUrl(), ...env })
  const { token, username } = await service.signUp()
  expect(await service.isAvailable(username)).toBe(false)
  await service.succeed('mutation { logout }', {}, token)
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200)
  service.kill('SIGTERM')
  expect((await service.finished).code).toBe(0)
}

describe('the service and migrate', () => {
  it('use TLS on every connection', () =>
    serves({ DATABASE_URL: server.url({ user: 'encrypted' }), DATABASE_CA: authority.caFile }))

  it('trust the CAs of NODE_EXTRA_CA_CERTS', () =>
    serves({
      DATABASE_URL: server.url({ user: 'encrypted', query: 'ssl-mode=REQUIRED' }),
      NODE_EXTRA_CA_CERTS: authority.caFile,
    }))

  it('use a socket on every connection', () =>
    serves({ DATABASE_URL: server.url({ user: 'local', query: `socket=${server.socket}` }) }))
})

describe('doctor', () => {
  const doctor = (env: Record<string, string>) => startProgram('cli.js', ['doctor'], settings(env)).finished

  it('connects as the service does, with TLS or through a socket', async () => {
    const encrypted = { DATABASE_URL: server.url({ user: 'encrypted' }), DATABASE_CA: authority.caFile }
    const local = { DATABASE_URL: server.url({ user: 'local', query: `socket=${server.socket}` }) }
    expect(await migrate(encrypted)).toMatchObject({ code: 0, stderr: '' })
    const [byTls, bySocket] = await Promise.all([doctor(encrypted), doctor(local)])
    expect(byTls).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok +Database TLS +TLS_/m) })
    expect(bySocket).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok +Database TLS +none/m) })
  })

  it('says why the server of the database is not trusted', async () => {
    const { code, stdout } = await doctor({ DATABASE_URL: server.url(), DATABASE_CA: stranger.ca })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ERROR +Database +DATABASE_URL: the database server has a certificate of an unknown CA/m)
  })
})

describe('the service, migrate and admin stop in one line', () => {
  async function stopWith(env: Record<string, string>, problem: string): Promise<void> {
    const programs = [
      startProgram('main.js', [], settings(env)),
      startProgram('cli.js', ['migrate'], settings(env)),
      startProgram('cli.js', ['admin', 'ada@example.com'], settings(env)),
    ]
    for (const { finished } of programs)
      expect(await finished).toEqual({ code: 1, stdout: '', stderr: `DATABASE_URL: the database server ${problem}.\n` })
  }

  it('if the certificate is for another host', async () => {
    await server.show(authority.sign('DNS:db.example.com'))
    await stopWith(
      { DATABASE_URL: server.url({ query: 'ssl=true' }), DATABASE_CA: authority.ca },
      'has a certificate for another host than the one in DATABASE_URL',
    )
  })

  it('if the certificate has expired', async () => {
    await server.show(authority.sign('DNS:localhost', { days: -1 }))
    await stopWith({ DATABASE_URL: server.url(), DATABASE_CA: authority.ca }, 'has a certificate that has expired')
  })

  it('if the CA is unknown', () =>
    stopWith(
      { DATABASE_URL: server.url({ query: 'ssl-mode=REQUIRED' }) },
      'has a certificate of an unknown CA: set DATABASE_CA to the certificate of the CA',
    ))

  it('if DATABASE_CA is of another CA', () =>
    stopWith(
      { DATABASE_URL: server.url(), DATABASE_CA: stranger.ca },
      'has a certificate of an unknown CA: set DATABASE_CA to the certificate of the CA',
    ))

  it('if the server offers no TLS', async () => {
    const plain = await privateMariadb()
    await stopWith(
      { DATABASE_URL: `${plain.url}?ssl-mode=REQUIRED` },
      'offers no TLS, but DATABASE_URL or DATABASE_CA asks for it',
    )
    await plain.remove()
  })

  it('if the socket does not exist', () =>
    stopWith({ DATABASE_URL: server.url({ query: 'socket=/nowhere/db.sock' }) }, 'cannot be reached (ENOENT)'))
})
