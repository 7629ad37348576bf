// Recovery codes, for people who have lost their authenticator app.
import { createHmac, type KeyObject, randomBytes } from 'node:crypto'
import { deriveKey } from '@postern/service/sealing'

const CODES = 10
const LENGTH = 12

/** Crockford's base32: without letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * What is stored instead of a code. Keyed: a copy of the database says nothing about the codes. The first one is by the current
 * key, the others by earlier ones.
 */
export type RecoveryCodeMacs = (userId: string, code: string) => [string, ...string[]]

export function createRecoveryCodeMacs(current: string, previous: readonly string[]): RecoveryCodeMacs {
  const keyOf = (secret: string): KeyObject => deriveKey(secret, 'postern recovery code key v1')
  const macOf = (key: KeyObject, userId: string, code: string): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([userId, code]))
      .digest('hex')
  const [key, earlier] = [keyOf(current), previous.map(keyOf)]
  return (userId, code) => [macOf(key, userId, code), ...earlier.map((one) => macOf(one, userId, code))]
}

/** 60 random bits each. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: CODES }, () =>
    Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join(''),
  )

/** As people read and copy it: in groups of four. */
export const shownCode = (code: string): string => code.replace(/.{4}(?=.)/g, '$&-')
