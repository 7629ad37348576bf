import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError, databaseServer, readDatabaseConfig } from '../../../src/config/index.js'
import { createAuthority } from '../../support/certificates.js'

const url = (query: string) => `mysql://ada:secret@db.example.com/postern${query && `?${query}`}`
const read = (env: Record<string, string>) => databaseServer(readDatabaseConfig(env))
const reading = (query: string) => read({ DATABASE_URL: url(query) })

/** What the start says about DATABASE_URL and its companions. */
function problems(env: Record<string, string>): string[] {
  try {
    readDatabaseConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n').flatMap((line) => (line.startsWith('  - ') ? line.slice(4) : []))
  }
}

const problem = (query: string) => problems({ DATABASE_URL: url(query) }).join('\n')

describe('DATABASE_URL', () => {
  it('has a user, a password, a host, a port and a database, percent-decoded', () => {
    expect(read({ DATABASE_URL: 'mariadb://a%40b:p%2Fq%3A%25+@[::1]:3307/my%20db' })).toEqual({
      ...{ host: '::1', port: 3307, user: 'a@b', password: 'p/q:%+', database: 'my db' },
      ...{ socketPath: undefined, tls: null, allowPublicKeyRetrieval: false },
    })
    expect(reading('')).toMatchObject({ host: 'db.example.com', port: 3306 })
  })

  it.each([
    ['postgres://u:p@host/db', 'must start with mysql:// or mariadb://'],
    ['jdbc:mysql://u:p@host/db', 'must start with mysql:// or mariadb://'],
    ['mysql://u:p@host', 'names no database'],
    ['mysql://u:p@host/', 'names no database'],
    ['mysql://host/db', 'names no user'],
    ['mysql://:p@host/db', 'names no user'],
    ['mysql:///db', 'names no valid host'],
    ['mysql://u:p@ho%73t/db', 'names no valid host'],
    ['mysql://u:p@%2Frun%2Fmysqld.sock/db', 'names a socket as its host; write mysql://user:password@localhost/'],
    ['mysql://u:p@host:0/db', 'has a port that is not from 1 to 65535'],
    ['mysql://u:p@host:65536/db', 'has a port that is not from 1 to 65535'],
    ['mysql://u:p@host:abc/db', 'must be mysql://user:password@host:3306/database. In the user name and password'],
    ['mysql://u:%zz@host/db', 'has a % that encodes nothing'],
    ['mysql://u:%ff@host/db', 'has a % that encodes nothing'],
    ['mysql://u:p@host/d%', 'has a % that encodes nothing'],
    ['mysql://u:p%00@host/db', 'contains %00'],
    ['mysql://u:p\nq@host/db', 'contains a line break or a tab'],
  ])('refuses %j', (text, expected) => {
    expect(problems({ DATABASE_URL: text })).toEqual([expect.stringMatching(/^DATABASE_URL /)])
    expect(problems({ DATABASE_URL: text })[0]).toContain(expected)
  })

  it.each(['1/hunter?2@host/db', '1?hunter=2@host/db', '1#hunter2@host/db', '1/hunter2@host/db?x=y', '1?hunter/2'])(
    'shows no part of a password that is not encoded: %s',
    (rest) => {
      const [message = ''] = problems({ DATABASE_URL: `mysql://ada:${rest}` })
      expect(message).toMatch(/^DATABASE_URL /)
      expect(message).not.toContain('hunter')
    },
  )
})

describe('the parameters of DATABASE_URL for TLS', () => {
  it.each([
    ...['ssl-mode=VERIFY_IDENTITY', 'ssl-mode=REQUIRED', 'sslMode=required', 'ssl_mode=Required', 'sslmode=require'],
    ...['sslmode=verify-full', 'sslaccept=strict', 'ssl=true', 'ssl=TRUE', 'ssl=1', 'ssl={}', 'useSSL=true'],
    ...['ssl={"rejectUnauthorized":true}', 'ssl=%7B%22rejectUnauthorized%22%3Atrue%7D', 'tls=true'],
    ...[
      'ssl_verify_cert=true',
      'ssl=true&sslaccept=strict',
      'useSSL=true&requireSSL=true&verifyServerCertificate=true',
    ],
  ])('%s verifies the identity of the server', (query) => {
    expect(reading(query).tls).toEqual({ verify: 'identity', ca: undefined, cert: undefined, key: undefined })
  })

  it.each([
    'sslaccept=accept_invalid_certs',
    'tls=skip-verify',
    'ssl={"rejectUnauthorized":false}',
    'sslmode=no-verify',
  ])('%s verifies nothing', (query) => expect(reading(query).tls?.verify).toBe('nothing'))

  it.each(['ssl-mode=DISABLED', 'sslmode=disable', 'ssl=false', 'ssl=0', 'tls=false', 'useSSL=false'])(
    '%s is plain text',
    (query) => expect(reading(query).tls).toBeNull(),
  )

  it.each([
    ['ssl-mode=PREFERRED', "has ssl-mode, which can't be preferred, which could continue in plain text"],
    ['sslmode=prefer', 'which could continue in plain text'],
    ['tls=preferred', 'which could continue in plain text'],
    ['ssl-mode=', 'has ssl-mode without a value'],
    ['ssl', 'has ssl without a value'],
    ['ssl-mode=ON_DEMAND', 'has ssl-mode, which must be VERIFY_IDENTITY, VERIFY_CA, REQUIRED or DISABLED'],
    ['ssl=Amazon RDS', 'set DATABASE_CA'],
    ['ssl={"ca":"x"}', 'use DATABASE_CA'],
    ['ssl={"rejectUnauthorized":"no"}', 'can contain only rejectUnauthorized'],
    ['ssl={', 'can contain only rejectUnauthorized'],
    ['verifyServerCertificate=false', 'write only sslaccept=accept_invalid_certs'],
    ['ssl=true&ssl=true', 'has ssl twice'],
    ['ssl-mode=REQUIRED&sslMode=REQUIRED', 'has sslMode twice'],
    ['ssl=true&sslaccept=accept_invalid_certs', 'has sslaccept, which contradicts another parameter'],
    ['sslcert=ca.pem', 'has sslcert; use DATABASE_CA'],
    ['sslidentity=client.p12', 'use DATABASE_CLIENT_CERT and DATABASE_CLIENT_KEY instead'],
    ['ssl_ca=/etc/ca.pem', 'has ssl_ca; use DATABASE_CA instead'],
    ['ssl-mode=VERIFY_CA', 'DATABASE_CA is required, because DATABASE_URL says VERIFY_CA'],
  ])('%s is refused', (query, expected) => expect(problem(query)).toContain(expected))
})

describe('the other parameters of DATABASE_URL', () => {
  it.each([
    'socket=/run/mysqld/mysqld.sock',
    'unix_socket=%2Frun%2Fmysqld%2Fmysqld.sock',
    'socketPath=/run/mysqld/mysqld.sock',
  ])('%s is a socket', (query) => {
    const server = read({ DATABASE_URL: `mysql://ada:secret@localhost/postern?${query}` })
    expect(server).toMatchObject({ socketPath: '/run/mysqld/mysqld.sock', tls: null })
  })

  it('a plus sign is a plus sign', () => {
    const server = read({ DATABASE_URL: 'mysql://ada@localhost/postern?socket=/run/a+b' })
    expect(server.socketPath).toBe('/run/a+b')
  })

  it.each(['charset=utf8mb4', 'reconnect=true', 'allowPublicKeyRetrieval=false', 'charset=UTF8MB4&&'])(
    '%s is accepted',
    (query) => expect(reading(query)).toEqual(reading('')),
  )

  it('allowPublicKeyRetrieval can be turned on', () => {
    expect(reading('allowPublicKeyRetrieval=TRUE').allowPublicKeyRetrieval).toBe(true)
  })

  it.each([
    ['socket=/run/db.sock', 'has a socket, so its host must be localhost'],
    ['socket=run/db.sock', 'has socket, which must be an absolute path'],
    ['connection_limit=5', 'has connection_limit; use DATABASE_POOL_SIZE instead'],
    ['connectTimeout=5', 'has connectTimeout; use DATABASE_TIMEOUT instead'],
    ['pool_timeout=', 'has pool_timeout; use DATABASE_TIMEOUT instead'],
    ['charset=latin1', 'has charset, which must be utf8mb4'],
    ['reconnect=false', 'has reconnect, which must be true'],
    ['allowPublicKeyRetrieval=yes', 'has allowPublicKeyRetrieval, which must be true or false'],
    ['socket=%2', 'has a % in socket that encodes nothing'],
    ['parseTime=true', 'has an unknown parameter, parseTime. The known ones are ssl-mode, sslaccept, socket, '],
    ['=5', 'has a parameter without a name or with a wrong one'],
    ['%73sl=true', 'has a parameter without a name or with a wrong one'],
  ])('%s is refused', (query, expected) => expect(problem(query)).toContain(expected))

  it('are reported all at once', () => {
    expect(
      problems({ DATABASE_URL: url('connection_limit=5&ssl-mode=maybe&x=1'), DATABASE_TIMEOUT: '0' }),
    ).toHaveLength(4)
  })

  it('a socket excludes TLS', () => {
    const text = 'mysql://ada:secret@localhost/postern?socket=/run/db.sock'
    expect(problems({ DATABASE_URL: `${text}&ssl-mode=REQUIRED` })[0]).toContain('Remove one of them')
    expect(problems({ DATABASE_URL: `${text}&ssl-mode=DISABLED` })).toEqual([])
  })
})

describe('DATABASE_CA and the certificate of the client', () => {
  const authority = createAuthority()
  const client = authority.sign('DNS:client')
  afterAll(() => authority.remove())
  const withUrl = (env: Record<string, string>, query = '') => ({ DATABASE_URL: url(query), ...env })

  it('are PEM or the path of a file, and turn TLS on', () => {
    const tls = { verify: 'identity', ca: authority.ca, cert: undefined, key: undefined }
    expect(read(withUrl({ DATABASE_CA: authority.caFile })).tls).toEqual(tls)
    expect(read(withUrl({ DATABASE_CA: authority.ca })).tls).toEqual(tls)
    expect(read(withUrl({ DATABASE_CA: authority.ca.replaceAll('\n', '\\n') })).tls).toEqual(tls)
    const pair = { DATABASE_CLIENT_CERT: client.cert, DATABASE_CLIENT_KEY: client.key }
    expect(read(withUrl(pair)).tls).toEqual({ verify: 'identity', ca: undefined, ...client })
    expect(read(withUrl({ DATABASE_CA: authority.ca }, 'ssl-mode=VERIFY_CA')).tls?.verify).toBe('ca')
  })

  it.each([
    [
      { DATABASE_CA: '/nowhere/ca.pem' },
      '',
      'DATABASE_CA must be PEM, or the path of a file that can be read (ENOENT)',
    ],
    [{ DATABASE_CA: client.key }, '', 'DATABASE_CA contains no valid certificate in PEM'],
    [{ DATABASE_CA: authority.ca.replace(/[a-z]/g, '') }, '', 'DATABASE_CA contains no valid certificate in PEM'],
    [{ DATABASE_CA: authority.ca }, 'ssl-mode=DISABLED', 'DATABASE_CA is for TLS, but DATABASE_URL turns TLS off'],
    [{ DATABASE_CA: authority.ca }, 'tls=skip-verify', 'DATABASE_CA has no effect, because DATABASE_URL skips'],
    [{ DATABASE_CLIENT_CERT: client.cert }, '', 'DATABASE_CLIENT_CERT and DATABASE_CLIENT_KEY are required together'],
    [{ DATABASE_CLIENT_KEY: client.key }, '', 'DATABASE_CLIENT_CERT and DATABASE_CLIENT_KEY are required together'],
    [
      { DATABASE_CLIENT_CERT: client.cert, DATABASE_CLIENT_KEY: authority.sign('DNS:other').key },
      '',
      'DATABASE_CLIENT_KEY must be the unencrypted private key of DATABASE_CLIENT_CERT',
    ],
  ] as [Record<string, string>, string, string][])('are refused if they are wrong: %#', (env, query, expected) => {
    const found = problems(withUrl(env, query)).join('\n')
    expect(found).toContain(expected)
    expect(found).not.toContain('BEGIN')
  })

  it('are not for a socket', () => {
    const DATABASE_URL = 'mysql://ada:secret@localhost/postern?socket=/run/db.sock'
    const [found] = problems({ DATABASE_URL, DATABASE_CA: authority.ca })
    expect(found).toBe('DATABASE_CA is for TLS, but DATABASE_URL names a socket')
  })
})
