import { describe, expect, it } from 'vitest'
import { passkeyMutations } from '../../../src/resolvers/passkeys.js'
import { CHALLENGE_LIFE_SECONDS, createChallenges } from '../../../src/services/passkeys/challenges.js'
import { createUserHandles } from '../../../src/services/passkeys/user-handles.js'

const KEY = 'k'.repeat(32)
let now = new Date('2026-11-30T09:30:00Z')
const challenges = createChallenges(KEY, () => now)
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

describe('a challenge', () => {
  it('is accepted for its purpose and session, until it expires', () => {
    const { bytes, expiresAt } = challenges.issue('register', 'session')
    expect(challenges.check(text(bytes), 'register', 'session')).toMatchObject({ bytes, expiresAt })
    expect(challenges.check(text(bytes), 'register', 'other')).toBe('invalid')
    expect(challenges.check(text(bytes), 'reauthenticate', 'session')).toBe('invalid')
    expect(createChallenges('o'.repeat(32), () => now).check(text(bytes), 'register', 'session')).toBe('invalid')
    now = new Date(now.getTime() + CHALLENGE_LIFE_SECONDS * 1000)
    expect(challenges.check(text(bytes), 'register', 'session')).toBe('expired')
  })

  it('is invalid with any other byte, and with any other length', () => {
    const { bytes } = challenges.issue('login')
    for (const at of bytes.keys()) {
      const other = bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
      expect(challenges.check(text(other), 'login')).toBe('invalid')
    }
    for (const other of ['', 'A', text(bytes.subarray(1)), `${text(bytes)}AAAA`])
      expect(challenges.check(other, 'login')).toBe('invalid')
  })

  it('has one hash, however it is written', () => {
    const { bytes } = challenges.issue('login')
    const same = ` ${text(bytes)}=\n`
    expect(challenges.check(same, 'login')).toEqual(challenges.check(text(bytes), 'login'))
  })
})

it('gives a user one handle, which a new key does not change', () => {
  const handle = createUserHandles(KEY).of('user', [])
  expect(createUserHandles(KEY).of('user', [])).toEqual(handle)
  expect(createUserHandles(KEY).of('other', [])).not.toEqual(handle)
  expect(createUserHandles('o'.repeat(32)).of('user', [{ userHandle: handle }])).toEqual(handle)
})

it('says what is missing where there are no passkeys', () => {
  expect(() => passkeyMutations(null, null as never).startPasskeyLogin()).toThrow('PASSKEY_RP_ID')
})
