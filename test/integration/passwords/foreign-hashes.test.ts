import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readForeignHash } from '../../../src/services/passwords/foreign/index.js'
import { unmatchable } from '../../../src/services/passwords/foreign/stored-form.js'
import { createPasswordService } from '../../../src/services/passwords/passwords.js'
import { SERVICE } from '../../../src/services/passwords/requester.js'
import { FOREIGN_HASHES } from '../../support/foreign-hashes.js'
import { CHEAP, eachWithAHasher } from '../../support/hasher.js'

const start = eachWithAHasher()

function storedOf(hash: string): string {
  const read = readForeignHash(hash)
  if ('problem' in read) throw new Error(read.problem)
  return read.stored
}

/** What the sample of stored costs makes of it: credentials.ts. */
const costOf = (stored: string) => stored.split('$', /^\$argon2.*\$v=/.test(stored) ? 4 : 3).join('$')

describe('a hash of another system', () => {
  it('is verified, whichever system made it', async () => {
    const { run } = start()
    for (const [kind, [hash, password = 'password']] of Object.entries(FOREIGN_HASHES)) {
      const passwordHash = storedOf(hash)
      expect(await run({ password, passwordHash }), kind).toBe(true)
      expect(await run({ password: `${password}x`, passwordHash }), kind).toBe(false)
      // An export of Postern can be imported. Firebase's keys are stored in an order of our own.
      if (!passwordHash.startsWith('$fbscrypt')) expect(storedOf(passwordHash), kind).toBe(passwordHash)
      const cost = costOf(passwordHash)
      const dummy = unmatchable(cost) ?? ''
      expect(costOf(dummy), kind).toBe(cost.replace('fbscrypt', 'scrypt'))
      expect(await run({ password, passwordHash: dummy }), kind).toBe(false)
    }
  })

  it.each([
    ['', 'known encoding'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'known encoding'],
    ['$2x$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', 'known encoding'],
    ['{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr', 'known encoding'],
    ['$argon2id$v=19$m=1024,t=1,p=1,data=AAAA$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', 'known encoding'],
    ['$argon2id$v=19$m=1024,t=1,p=200$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', 'known encoding'],
    ['$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', '128 MiB'],
    ['$argon2id$v=19$m=131072,t=100,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', 'takes too long'],
    ['$argon2i$m=131072,t=5,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', 'takes too long'],
    ['$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c2hvcnQ', 'must have 16 to 64 bytes'],
    ['$scrypt$ln=30,r=8,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', '128 MiB'],
    ['$scrypt$ln=9999,r=8,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', '128 MiB'],
    ['$scrypt$ln=1,r=524288,p=8$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', '128 MiB'],
    ['$scrypt$ln=16,r=1,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', 'none of scrypt'],
    ['$scrypt$ln=14,r=8,p=1000$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA', 'parallelism'],
    ['pbkdf2_sha256$999999999$salt$c29tZXNhbHRzb21lc2FsdA==', 'iterations'],
    ['$2b$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', '4 to 14'],
  ])('is refused if it is unknown or too costly: %s', (hash, problem) => {
    expect(readForeignHash(hash)).toEqual({ problem: expect.stringContaining(problem) as string })
  })

  it('never crashes the reader', () => {
    for (let n = 0; n < 2000; n++) {
      const [hash] = Object.values(FOREIGN_HASHES)[n % Object.keys(FOREIGN_HASHES).length] ?? ['']
      const at = randomBytes(2).readUInt16BE() % hash.length
      readForeignHash(hash.slice(0, at) + randomBytes(2).toString('latin1') + hash.slice(at + (n % 3)))
    }
  })

  it('matches the password as it was typed, and in normalization form C', async () => {
    const passwords = await createPasswordService(CHEAP, start(), { dummyKey: 'key' })
    for (const original of ['cafe\u0301', 'caf\u00e9']) {
      const hash = pbkdf2Sync(original, 'a salt', 1000, 32, 'sha256')
      const stored = storedOf(`pbkdf2_sha256$1000$a salt$${hash.toString('base64')}`)
      expect(await passwords.verify(stored, original, SERVICE)).toBe(true)
    }
  })

  it('is replaced at the next login, unless bcrypt has cut off the password', async () => {
    const passwords = await createPasswordService(CHEAP, start(), { dummyKey: 'key' })
    for (const [hash] of Object.values(FOREIGN_HASHES))
      expect(passwords.needsRehash(storedOf(hash), 'password')).toBe(true)
    const bcrypt = storedOf('$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq')
    expect(passwords.needsRehash(bcrypt, 'x'.repeat(72))).toBe(true)
    expect(passwords.needsRehash(bcrypt, 'x'.repeat(73))).toBe(false)
    expect(passwords.needsRehash(await passwords.hash('password', SERVICE), 'password')).toBe(false)
  })

  it('makes a login for an unknown name as costly', async () => {
    const hashing = start()
    const verified: string[] = []
    const run: typeof hashing.run = (job) => {
      if ('passwordHash' in job) verified.push(costOf(job.passwordHash))
      return hashing.run(job)
    }
    const passwords = await createPasswordService(CHEAP, { run }, { dummyKey: 'key' })
    passwords.followCosts(
      new Map([
        ['$2b$04', 1],
        ['$pbkdf2-sha256$i=1000,l=32', 1],
      ]),
    )
    for (let n = 0; n < 40; n++) expect(await passwords.verify(null, 'x', { ...SERVICE, account: `${n}` })).toBe(false)
    expect([...new Set(verified)].toSorted()).toEqual(['$2b$04', '$pbkdf2-sha256$i=1000,l=32'])
  })
})
