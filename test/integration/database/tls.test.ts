import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMysqlPool, openMysqlConnection } from '@postern/service/database/mysql'
import { createPrisma } from '../../../src/clients/prisma.js'
import { type DatabaseAccess, databaseServer } from '../../../src/config/index.js'
import { migrateDatabase } from '../../../src/app/operator-commands.js'
import { type Authority, createAuthority } from '../../support/certificates.js'
import { LOGIN } from '../../support/client.js'
import { testRedisUrl } from '../../support/redis.js'
import { type PrivateServer, privateMariadb } from '../../support/servers.js'
import { startInstance } from '../../support/service.js'
import { startTlsMariadb, type TlsMariadb } from '../../support/tls-mariadb.js'
import { until } from '../../support/wait.js'

let authority: Authority
let stranger: Authority
let server: TlsMariadb
/** Offers no TLS. */
let plain: PrivateServer

beforeAll(async () => {
  ;[authority, stranger] = [createAuthority(), createAuthority()]
  ;[server, plain] = await Promise.all([startTlsMariadb(authority, authority.sign('DNS:localhost')), privateMariadb()])
  await server.database.query("SET GLOBAL general_log = ON, GLOBAL log_output = 'TABLE'")
})
afterAll(async () => {
  await Promise.all([server.remove(), plain.remove()])
  authority.remove()
  stranger.remove()
})

const CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"
const TIMEOUT = { timeout: 10 }
/** Its pool repeats a refused connection for this long. */
const PRISMA_TIMEOUT = { timeout: 1 }

const OTHER_HOST = "not match certificate's altnames"
const UNKNOWN_CA = 'self-signed certificate in certificate chain'
const NO_TLS = 'Server does not support secure connection'

/** Each returns the cipher of a connection, which is empty in plain text, or throws for the reason that it gives. */
const DRIVERS = [
  {
    driver: 'mysql2',
    reason: (reason: string) => reason,
    cipher: async (access: DatabaseAccess) => {
      const connection = await openMysqlConnection(databaseServer(access), TIMEOUT)
      const [rows] = await connection.query(CIPHER).finally(() => connection.end())
      return (rows as { Value: string }[])[0]?.Value
    },
  },
  {
    driver: "mysql2's pool",
    reason: (reason: string) => reason,
    cipher: async (access: DatabaseAccess) => {
      const pool = createMysqlPool(databaseServer(access), { ...TIMEOUT, poolSize: 1 })
      const [rows] = await pool.query(CIPHER).finally(() => pool.end())
      return (rows as { Value: string }[])[0]?.Value
    },
  },
  {
    driver: 'Prisma',
    // The pool retries, and then does not say why it failed.
    reason: () => 'failed to retrieve a connection',
    cipher: async (access: DatabaseAccess) => {
      const prisma = createPrisma(databaseServer(access), { ...PRISMA_TIMEOUT, poolSize: 1 })
      const rows = await prisma.$queryRawUnsafe<object[]>(CIPHER).finally(() => prisma.$disconnect())
      return Object.values(rows[0] ?? {})[1] as string | undefined
    },
  },
]

/** Connects with all of them at once. Returns the cipher of each, or null if it was refused for this reason. */
async function ciphers(access: DatabaseAccess, refusedFor?: string): Promise<Record<string, unknown>> {
  const outcomes = DRIVERS.map(async ({ driver, cipher, reason }) => {
    const outcome = await cipher(access).catch((error: unknown) => error)
    const isExpected =
      outcome instanceof Error && refusedFor !== undefined && outcome.message.includes(reason(refusedFor))
    return [driver, isExpected ? null : outcome] as const
  })
  return Object.fromEntries(await Promise.all(outcomes))
}

const each = (outcome: unknown) => Object.fromEntries(DRIVERS.map(({ driver }) => [driver, outcome]))
const ENCRYPTED = each(expect.stringMatching(/^TLS_/))
const REFUSED = each(null)
const PLAIN = each('')

describe('TLS to the database, with every driver', () => {
  const withCa = (url: string, refusedFor?: string) =>
    ciphers({ DATABASE_URL: url, DATABASE_CA: authority.ca }, refusedFor)

  it.each(['', 'ssl=true', 'ssl-mode=REQUIRED', 'sslaccept=strict', 'ssl-mode=VERIFY_CA'])(
    'is used with DATABASE_CA and the parameter "%s"',
    async (query) => {
      await server.show(authority.sign('DNS:localhost'))
      expect(await withCa(server.url({ query }))).toEqual(ENCRYPTED)
    },
  )

  it('refuses the certificate of another host, except with VERIFY_CA', async () => {
    await server.show(authority.sign('DNS:db.example.com'))
    expect(await withCa(server.url({ query: 'ssl=true' }), OTHER_HOST)).toEqual(REFUSED)
    expect(await withCa(server.url({ query: 'ssl-mode=VERIFY_CA' }))).toEqual(ENCRYPTED)
  })

  it('compares an address with the addresses in the certificate, and not with "localhost"', async () => {
    await server.show(authority.sign('DNS:localhost'))
    expect(await withCa(server.url({ host: '127.0.0.1' }), OTHER_HOST)).toEqual(REFUSED)
    await server.show(authority.sign('IP:127.0.0.1'))
    expect(await withCa(server.url({ host: '127.0.0.1' }))).toEqual(ENCRYPTED)
    expect(await withCa(server.url({ host: 'localhost' }), OTHER_HOST)).toEqual(REFUSED)
  })

  it('refuses the certificate of an unknown CA', async () => {
    await server.show(authority.sign('DNS:localhost'))
    const unknown = [
      { DATABASE_URL: server.url({ query: 'ssl-mode=REQUIRED' }) },
      { DATABASE_URL: server.url(), DATABASE_CA: stranger.ca },
    ]
    for (const outcome of await Promise.all(unknown.map((access) => ciphers(access, UNKNOWN_CA))))
      expect(outcome).toEqual(REFUSED)
  })

  it('sends no password before the certificate is verified', async () => {
    await server.user('careful', "@'%'")
    const signIns = async () => {
      const [row] = await server.database.query<{ n: number }>(
        "SELECT COUNT(*) AS n FROM mysql.general_log WHERE command_type = 'Connect' AND argument LIKE 'careful@%'",
      )
      return Number(row?.n)
    }
    const url = server.url({ user: 'careful' })
    const before = await signIns()
    await server.show(authority.sign('DNS:db.example.com'))
    expect(await withCa(url, OTHER_HOST)).toEqual(REFUSED)
    await server.show(stranger.sign('DNS:localhost'))
    expect(await withCa(url, 'unable to verify the first certificate')).toEqual(REFUSED)
    expect(await signIns()).toBe(before)
    await server.show(authority.sign('DNS:localhost'))
    expect(await withCa(url)).toEqual(ENCRYPTED)
    expect(await signIns()).toBeGreaterThanOrEqual(before + DRIVERS.length)
  })

  it('verifies nothing only if the URL says so', async () => {
    await server.show(stranger.sign('DNS:db.example.com'))
    const url = server.url({ query: 'sslaccept=accept_invalid_certs' })
    expect(await ciphers({ DATABASE_URL: url })).toEqual(ENCRYPTED)
  })

  it.each(['ssl-mode=REQUIRED', 'sslaccept=accept_invalid_certs'])(
    'is never replaced by plain text, with %s',
    async (query) => {
      expect(await ciphers({ DATABASE_URL: `${plain.url}?${query}` }, NO_TLS)).toEqual(REFUSED)
    },
  )

  it('is not used if nothing calls for it, and on a socket', async () => {
    expect(await ciphers({ DATABASE_URL: server.url() })).toEqual(PLAIN)
    expect(await ciphers({ DATABASE_URL: server.url({ query: `socket=${server.socket}` }) })).toEqual(PLAIN)
  })

  it('presents the certificate of the client', async () => {
    await server.show(authority.sign('DNS:localhost'))
    await server.user('certified', "@'%'", 'REQUIRE X509')
    const url = server.url({ user: 'certified' })
    expect(await withCa(url, 'Access denied')).toEqual(REFUSED)
    const { cert, key } = authority.sign('DNS:postern')
    const access = { DATABASE_CA: authority.ca, DATABASE_CLIENT_CERT: cert, DATABASE_CLIENT_KEY: key }
    expect(await ciphers({ DATABASE_URL: url, ...access })).toEqual(ENCRYPTED)
  })
})

describe('a certificate that stops being valid while the service runs', () => {
  it('is an outage, which ends with the next valid certificate', async () => {
    await server.show(authority.sign('DNS:localhost'))
    await server.user('service', "@'%'")
    const access = { DATABASE_URL: server.url({ user: 'service' }), DATABASE_CA: authority.ca }
    await migrateDatabase({ ...access, DATABASE_TIMEOUT: 10 })
    const service = await startInstance({ ...access, REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: '2' })
    const { token, email, password } = await service.signUp()

    await server.show(authority.sign('DNS:db.example.com'))
    await server.database.query('KILL USER service')
    const profile = () => service.graphql('{ profile { username } }', {}, token)
    expect((await profile()).code).toBe('SERVICE_UNAVAILABLE')
    expect((await service.graphql(LOGIN, { input: { email, password } })).code).toBe('SERVICE_UNAVAILABLE')

    await server.show(authority.sign('DNS:localhost'))
    await until('it is available again', async () => (await profile()).data)
    await service.stop()
  })
})
