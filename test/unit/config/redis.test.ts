import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConfigError, readConfig, redisServers } from '../../../src/config/index.js'
import { createAuthority, type Authority } from '../../support/certificates.js'

const REQUIRED = {
  DATABASE_URL: 'mysql://u:p@localhost/postern',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'j'.repeat(32),
  REFRESH_KEY: 'r'.repeat(32),
}

const servers = (env: Record<string, string>) => redisServers(readConfig({ ...REQUIRED, ...env }))
const problem = (env: Record<string, string>): string => {
  try {
    readConfig({ ...REQUIRED, ...env })
    return ''
  } catch (error) {
    return (error as ConfigError).message.split('\n  - ').slice(1).join('\n')
  }
}

const FORM = 'REDIS_URL must be redis://:password@host:port, rediss://… for TLS, or redis+sentinel://'

let ca: Authority
beforeAll(() => void (ca = createAuthority()))
afterAll(() => ca.remove())

describe('REDIS_URL', () => {
  it.each([
    ['redis://localhost', { addresses: [{ host: 'localhost', port: 6379 }], tls: false, database: 0, sentinel: null }],
    [
      'rediss://user:p%40ss@[::1]:7000/3?family=6',
      { tls: true, username: 'user', password: 'p@ss', database: 3, family: 6 },
    ],
    ['redis://:a,b:c@localhost/', { username: undefined, password: 'a,b:c', database: 0 }],
    [
      'rediss+sentinel://:pw@one,two:26380/my%20master/2?sentinel_username=su&sentinel_password=s%26p',
      {
        addresses: [
          { host: 'one', port: 26_379 },
          { host: 'two', port: 26_380 },
        ],
        ...{ tls: true, password: 'pw', database: 2 },
        sentinel: { name: 'my master', username: 'su', password: 's&p' },
      },
    ],
  ])('%s is read', (REDIS_URL, expected) => {
    const { cache, stream } = servers({ REDIS_URL })
    expect(cache).toMatchObject(expected)
    expect(stream).toBe(cache)
  })

  it.each(['redis://:pw@a:1,b:2,c', 'redis://:pw@a:1,redis://:pw@b:2,redis://:pw@c'])(
    '%s names three nodes of a cluster',
    (REDIS_URL) => {
      const { cache, stream } = servers({ REDIS_URL, REDIS_CLUSTER: 'true', REVOCATION_REDIS_URL: 'redis://stream' })
      const addresses = [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: 'c', port: 6379 },
      ]
      expect(cache).toMatchObject({ addresses, password: 'pw', cluster: true })
      expect(stream).toMatchObject({ addresses: [{ host: 'stream', port: 6379 }], cluster: false })
    },
  )

  it.each([
    ['rediss://localhost/abc', 'REDIS_URL must end with the number of a database, such as /0, or without a path'],
    ['redis://localhost/1.5', 'REDIS_URL must end with the number of a database, such as /0, or without a path'],
    ['redis://localhost/-1', 'REDIS_URL must end with the number of a database, such as /0, or without a path'],
    ['redis://localhost/0/1', 'REDIS_URL must end with the number of a database, such as /0, or without a path'],
    ['redis://localhost?ssl=true', 'REDIS_URL has an unknown parameter, ssl; write rediss:// for TLS'],
    [
      'redis://localhost?db=1',
      'REDIS_URL has an unknown parameter, db; write the number of the database as the path: /1',
    ],
    ['redis://localhost?keyPrefix=x', 'REDIS_URL has an unknown parameter, keyPrefix; known: family'],
    ['redis://localhost?family=5', 'REDIS_URL has a family that is not 0, 4 or 6'],
    ['redis://a,rediss://b', 'REDIS_URL must not mix redis:// and rediss://'],
    ['redis://a/1,redis://b/2', 'REDIS_URL must have the same user, password and path in all of its URLs'],
    ['redis://a,b', 'REDIS_URL names several servers, which needs REDIS_CLUSTER=true or redis+sentinel://'],
    [
      'redis+sentinel://a,b',
      'REDIS_URL must name the primary after the Sentinels: redis+sentinel://host:26379/mymaster',
    ],
    ['redis://:50%@localhost', 'REDIS_URL must write %25 for % in the user name, the password and the path'],
    [
      'redis://:p?w@localhost',
      'REDIS_URL must write %2F for /, %3F for ? and %23 for # in the user name and the password',
    ],
    [
      'redis://:p#w@localhost',
      'REDIS_URL must write %2F for /, %3F for ? and %23 for # in the user name and the password',
    ],
    ['localhost:6379', FORM],
    ['redis://', FORM],
    ['redis://localhost:0', FORM],
    ['redis://localhost:65536', FORM],
    ['redis://a,,b', FORM],
    ['http://localhost', FORM],
  ])('%s is refused', (REDIS_URL, expected) => {
    expect(problem({ REDIS_URL })).toContain(expected)
    expect(problem({ REVOCATION_REDIS_URL: REDIS_URL })).toContain('REVOCATION_REDIS_URL ')
  })

  it.each([
    'redis://:pass@word?secret@localhost',
    'redis://:pass@word?wo&secret@localhost',
    'redis+sentinel://localhost/name?sentinel_password=pass&secret',
    'redis://localhost?~secret',
  ])('%s is refused without a part of its password', (REDIS_URL) => {
    const expected = 'REDIS_URL has an unknown parameter; write %40 for @, %3F for ? and %26 for & in a password'
    expect(problem({ REDIS_URL })).toBe(expected)
  })

  it('of a cluster can have neither a database nor Sentinels', () => {
    const cluster = (REDIS_URL: string) =>
      problem({ REDIS_URL, REDIS_CLUSTER: 'true', REVOCATION_REDIS_URL: 'redis://stream' })
    expect(cluster('redis://a/0')).toBe('')
    expect(cluster('redis://a/1')).toBe('REDIS_URL must have no database: a cluster has only 0')
    expect(cluster('redis+sentinel://a/name')).toBe('REDIS_URL must name nodes of the cluster, not Sentinels')
    expect(problem({ REDIS_CLUSTER: 'true' })).toMatch(/^REVOCATION_REDIS_URL is required with REDIS_CLUSTER/)
  })
})

describe('REDIS_CA', () => {
  it('is the path of a PEM file, for connections with TLS', () => {
    const { cache, stream } = servers({
      REDIS_CA: ca.caFile,
      REDIS_URL: 'rediss://a',
      REVOCATION_REDIS_URL: 'redis://b',
    })
    expect(cache.ca).toContain('-----BEGIN CERTIFICATE-----')
    expect(stream.ca).toBe(undefined)
  })

  it('is refused if it cannot be read, has no certificate or has no effect', () => {
    const broken = `${ca.caFile}.broken`
    writeFileSync(broken, 'no certificate')
    const withTls = { REDIS_URL: 'rediss://a' }
    expect(problem({ ...withTls, REDIS_CA: `${ca.caFile}.missing` })).toMatch(/^REDIS_CA .*ENOENT/)
    expect(problem({ ...withTls, REDIS_CA: broken })).toMatch(/^REDIS_CA contains no valid certificate/)
    expect(problem({ REDIS_CA: ca.caFile })).toMatch(/^REDIS_CA has no effect without TLS/)
  })
})
