// Recognizes a code that was typed: of an authenticator app, or a recovery code.
import { ServiceError } from '@postern/service/errors'
import type { Statements } from '@postern/service/database/statements'
import type { Clock } from '@postern/service/clock'
import type { StoredTotp } from '../../repositories/database/sign-in-account.js'
import type { SecondFactorRepository } from '../../repositories/factors/second-factors.js'
import type { KeyRing } from '@postern/service/sealing'
import type { RecoveryCodeMacs } from './recovery-codes.js'
import { stepOfCode } from './totp.js'

/** A code that is right, and was not used when it was looked up. */
export interface RightCode {
  amr: 'otp' | 'rc'
  /** Of an app: the TOTP, and the time step that `use` uses up. Null for a recovery code. */
  app: { id: string; step: Date } | null
  /** Uses it up. Throws INVALID_CODE if another request has. */
  use: (tx: Statements) => Promise<void>
}

/**
 * Null for a wrong code, or for an account without a second factor. `code`: 6 digits, or a recovery code without dashes.
 * `totp`: that of the account if it was just read, null without one.
 */
export type FindCode = (userId: string, code: string, totp?: StoredTotp | null) => Promise<RightCode | null>

/** Says nothing about which codes there are: a wrong one and a used one are the same. */
export const wrongCode = (): ServiceError => {
  const message = 'This code is wrong, or was used already. Enter the next one that your app shows.'
  return new ServiceError('INVALID_CODE', { message, fields: [{ path: 'code', message, code: 'INVALID_CODE' }] })
}

const orRefuse = (use: (tx: Statements) => Promise<boolean>) => async (tx: Statements) => {
  if (!(await use(tx))) throw wrongCode()
}

/** `onUnreadable`: the secret of a user can't be decrypted. */
export function createFindCode({
  factors,
  ring,
  macsOf,
  onUnreadable,
  clock,
}: {
  factors: SecondFactorRepository
  ring: KeyRing
  macsOf: RecoveryCodeMacs
  onUnreadable: (userId: string) => void
  clock: Clock
}): FindCode {
  function checkTotp(userId: string, code: string, stored: StoredTotp | null): RightCode | null {
    if (!stored) return null
    const secret = ring.open(stored.secret, userId)?.toString()
    if (secret === undefined) {
      onUnreadable(userId)
      throw new ServiceError('SERVICE_UNAVAILABLE')
    }
    const step = stepOfCode(secret, code, clock())
    if (step === null || step <= stored.usedStep) return null
    const { id } = stored
    return { amr: 'otp', app: { id, step }, use: orRefuse((tx) => factors.useStep(tx, id, step)) }
  }

  async function findRecoveryCode(userId: string, code: string): Promise<RightCode | null> {
    const mac = await factors.findRecoveryCode(userId, macsOf(userId, code))
    if (mac === null) return null
    return { amr: 'rc', app: null, use: orRefuse((tx) => factors.useRecoveryCode(tx, userId, mac)) }
  }

  return async (userId, code, totp) => {
    if (!/^\d{6}$/.test(code)) return findRecoveryCode(userId, code)
    return checkTotp(userId, code, totp === undefined ? await factors.findTotp(userId) : totp)
  }
}
