// Compares a code that was typed with the one that was sent, and counts every guess.
import { timingSafeEqual } from 'node:crypto'
import { ServiceError } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { CodeOwner, CodeRepository, Purpose, StoredCode } from '../../repositories/verification/codes.js'
import type { CountRepository } from '../../repositories/verification/counts.js'
import type { CodeMac } from './codes.js'
import type { SubjectOf } from './subjects.js'

/** Guesses per code. Right ones do not count. */
const GUESSES_PER_CODE = 5

/** Guesses per account and purpose, over all its codes: one in a million of the possible codes. */
const GUESSES_PER_DAY = 100
const DAY_SECONDS = 86_400

/** Says nothing about the account: a wrong code, a used one and none at all are the same. */
export const invalidCode = (): ServiceError => {
  const error = new ServiceError('INVALID_CODE')
  return new ServiceError('INVALID_CODE', { fields: [{ path: 'code', message: error.message, code: error.code }] })
}

/** A guess at the code of the account with this address, or of this user. `name` is the address or the id. */
export interface Guess {
  purpose: Purpose
  owner: CodeOwner
  name: string
  code: string
}

/** Returns the stored code, which is still to be used up. Throws INVALID_CODE and RATE_LIMITED. */
export type CheckGuess = (guess: Guess) => Promise<StoredCode>

export function createCheckGuess({
  transaction,
  repositories: { codes, counts },
  codeMac,
  subjectOf,
  clock,
}: {
  transaction: MysqlTransaction
  repositories: { codes: CodeRepository; counts: CountRepository }
  codeMac: CodeMac
  subjectOf: SubjectOf
  clock: Clock
}): CheckGuess {
  const matches = (found: StoredCode, purpose: Purpose, code: string): boolean =>
    timingSafeEqual(Buffer.from(found.mac), Buffer.from(codeMac(found.userId, purpose, code)))

  /** The same statements and one commit that writes, whether there is such an account and code or not. */
  async function count(tx: Parameters<Parameters<MysqlTransaction>[0]>[0], { purpose, owner, name, code }: Guess) {
    const now = clock()
    const period = { now, endsAt: addSeconds(now, DAY_SECONDS) }
    const { count: guesses, endsAt } = await counts.add(tx, subjectOf('guess', purpose, name), period)
    const found = await codes.find(tx, purpose, owner)
    const compared = found ?? { userId: '', email: '', mac: '0'.repeat(64) }
    const may = guesses <= GUESSES_PER_DAY
    const limit = may ? GUESSES_PER_CODE : 0
    const counted = await codes.countGuess(tx, compared, { purpose, limit, now })
    const right = matches(compared, purpose, code) && counted && found !== null
    if (right) await codes.forgetGuess(tx, found.userId, purpose)
    return { found: right ? found : null, waitMs: may ? 0 : endsAt.getTime() - now.getTime() }
  }

  return async (guess) => {
    // Committed before anything else happens: a guess counts even if what follows fails.
    const { found, waitMs } = await transaction((tx) => count(tx, guess))
    if (waitMs > 0) throw new ServiceError('RATE_LIMITED', { retryAfter: Math.ceil(waitMs / 1000) })
    if (!found) throw invalidCode()
    return found
  }
}
