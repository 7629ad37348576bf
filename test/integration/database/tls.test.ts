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
const TIMEOUT = { timeout: 1 }
const ENCRYPTED = /^TLS_/

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
      const prisma = createPrisma(databaseServer(access), { ...TIMEOUT, poolSize: 1 })
      const rows = await prisma.$queryRawUnsafe<object[]>(CIPHER).finally(() => prisma.$disconnect())
      return Object.values(rows[0] ?? {})[1] as string | undefined
    },
  },
]

describe.each(DRIVERS)('TLS to the database through $driver', ({ cipher, reason }) => {
  const withCa = (url: string) => cipher({ DATABASE_URL: url, DATABASE_CA: authority.ca })

  it.each(['', 'ssl=true', 'ssl-mode=REQUIRED', 'sslaccept=strict', 'ssl-mode=VERIFY_CA'])(
    'is used with DATABASE_CA and the parameter "%s"',
    async (query) => {
      await server.show(authority.sign('DNS:localhost'))
      expect(await withCa(server.url({ query }))).toMatch(ENCRYPTED)
    },
  )

  it('refuses the certificate of another host, except with VERIFY_CA', async () => {
    await server.show(authority.sign('DNS:db.example.com'))
    await expect(withCa(server.url({ query: 'ssl=true' }))).rejects.toThrow(reason(OTHER_HOST))
    expect(await withCa(server.url({ query: 'ssl-mode=VERIFY_CA' }))).toMatch(ENCRYPTED)
  })

  it('compares an address with the addresses in the certificate, and not with "localhost"', async () => {
    await server.show(authority.sign('DNS:localhost'))
    await expect(withCa(server.url({ host: '127.0.0.1' }))).rejects.toThrow(reason(OTHER_HOST))
    await server.show(authority.sign('IP:127.0.0.1'))
    expect(await withCa(server.url({ host: '127.0.0.1' }))).toMatch(ENCRYPTED)
    await expect(withCa(server.url({ host: 'localhost' }))).rejects.toThrow(reason(OTHER_HOST))
  })

  it('refuses the certificate of an unknown CA', async () => {
    await server.show(authority.sign('DNS:localhost'))
    await expect(cipher({ DATABASE_URL: server.url({ query: 'ssl-mode=REQUIRED' }) })).rejects.toThrow(
      reason(UNKNOWN_CA),
    )
    await expect(cipher({ DATABASE_URL: server.url(), DATABASE_CA: stranger.ca })).rejects.toThrow(reason(UNKNOWN_CA))
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
    await expect(withCa(url)).rejects.toThrow(reason(OTHER_HOST))
    await server.show(stranger.sign('DNS:localhost'))
    await expect(withCa(url)).rejects.toThrow(reason('unable to verify the first certificate'))
    expect(await signIns()).toBe(before)
    await server.show(authority.sign('DNS:localhost'))
    await withCa(url)
    expect(await signIns()).toBeGreaterThan(before)
  })

  it('verifies nothing only if the URL says so', async () => {
    await server.show(stranger.sign('DNS:db.example.com'))
    const url = server.url({ query: 'sslaccept=accept_invalid_certs' })
    expect(await cipher({ DATABASE_URL: url })).toMatch(ENCRYPTED)
  })

  it.each(['ssl-mode=REQUIRED', 'sslaccept=accept_invalid_certs'])(
    'is never replaced by plain text, with %s',
    async (query) => {
      await expect(cipher({ DATABASE_URL: `${plain.url}?${query}` })).rejects.toThrow(reason(NO_TLS))
    },
  )

  it('is not used if nothing calls for it', async () => {
    expect(await cipher({ DATABASE_URL: server.url() })).toBe('')
  })

  it('is not used on a socket', async () => {
    expect(await cipher({ DATABASE_URL: server.url({ query: `socket=${server.socket}` }) })).toBe('')
  })

  it('presents the certificate of the client', async () => {
    await server.show(authority.sign('DNS:localhost'))
    await server.user('certified', "@'%'", 'REQUIRE X509')
    const url = server.url({ user: 'certified' })
    await expect(withCa(url)).rejects.toThrow(reason('Access denied'))
    const { cert, key } = authority.sign('DNS:postern')
    const access = { DATABASE_CA: authority.ca, DATABASE_CLIENT_CERT: cert, DATABASE_CLIENT_KEY: key }
    expect(await cipher({ DATABASE_URL: url, ...access })).toMatch(ENCRYPTED)
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
