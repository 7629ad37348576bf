// Checks codes of the second factor, and limits how often they can be guessed.
import { createHmac } from 'node:crypto'
import { ServiceError } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import type { UserVersion } from '../../repositories/accounts/users.js'
import type { StoredTotp } from '../../repositories/database/sign-in-account.js'
import type { CountRepository } from '../../repositories/verification/counts.js'
import { type Actor, type Refusals } from '../audit/index.js'
import { type FindCode, type RightCode, wrongCode } from '../factors/index.js'
import type { LockOut } from '../limits/index.js'
import type { FailedLogins } from './failed-logins.js'

/**
 * Wrong codes per account and day. Three of a million codes are right at a time, so this is a chance of 1 in 3300 for someone
 * who has the password. A new password renews nothing, as someone who reads the user's mails can set one every few minutes.
 * A device that has signed in before has a limit of its own, which no one else can use up.
 */
const GUESSES_PER_DAY = 100
const DAY_SECONDS = 86_400

/** A guess of someone who has proved the first factor, or has a session. */
export interface CodeGuess {
  account: UserVersion
  /** The one of the account if it was just read, null without one. */
  totp?: StoredTotp | null
  code: string
  deviceToken: string
  action: 'VERIFY_MFA' | 'REAUTHENTICATE'
  actor: Actor
  signal: AbortSignal
}

/** `countedAs`: the subject that the guess was counted for, until `use` takes it back. */
type CountedCode = RightCode & { countedAs: string }

/**
 * Calls `work` with a right code. `work` must call its `use`, or do the same itself. Throws INVALID_CODE and RATE_LIMITED, and what
 * `work` throws. Wrong codes also count as failed logins.
 */
export type WithCode = <T>(guess: CodeGuess, work: (code: CountedCode) => Promise<T>) => Promise<T>

export function createWithCode({
  counts,
  findCode,
  lockOut,
  refusals,
  failedLogins,
  key,
  clock,
}: {
  counts: CountRepository
  findCode: FindCode
  lockOut: LockOut
  refusals: Refusals
  failedLogins: Pick<FailedLogins, 'note'>
  /** Makes keys of ids. */
  key: string
  clock: Clock
}): WithCode {
  function subjectOf(account: UserVersion, deviceToken: string): string {
    const device = lockOut.knowsDevice(account, deviceToken) ? deviceToken.split('.')[0] : null
    const text = JSON.stringify(['postern second factor guesses v1', account.id, device])
    return createHmac('sha256', key).update(text).digest('hex')
  }

  /** Committed before the code is looked at: a guess counts even if the process dies. Throws RATE_LIMITED. */
  async function count(subject: string): Promise<void> {
    const now = clock()
    const period = { now, endsAt: addSeconds(now, DAY_SECONDS) }
    const endsAt = await counts.addBelow(subject, GUESSES_PER_DAY, period)
    if (endsAt === null) return
    throw new ServiceError('RATE_LIMITED', { retryAfter: Math.ceil((endsAt.getTime() - now.getTime()) / 1000) })
  }

  return async (guess, work) => {
    const { account, totp, code, deviceToken, action, actor, signal } = guess
    const note = (result: 'FAILURE' | 'LOCKED') =>
      refusals.note({ action, result, actor, accountId: account.id }, account.id)
    const noteLocked = (error: unknown): never => {
      if (error instanceof ServiceError && error.code === 'RATE_LIMITED') note('LOCKED')
      throw error
    }
    const attempt = await lockOut.begin({ account, name: account.id, deviceToken }, signal).catch(noteLocked)
    try {
      const subject = subjectOf(account, deviceToken)
      await count(subject).catch(noteLocked)
      const right = await findCode(account.id, code, totp)
      if (!right) throw wrongCode()
      const use = async (tx: Statements) => {
        await right.use(tx)
        await counts.takeBack(tx, subject)
      }
      const result = await work({ ...right, use, countedAs: subject })
      await attempt.succeeded()
      return result
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'INVALID_CODE') {
        note('FAILURE')
        failedLogins.note(account.id, await attempt.failed())
      } else await attempt.withdrawn()
      throw error
    }
  }
}
