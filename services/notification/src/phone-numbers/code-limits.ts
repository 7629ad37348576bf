// How many codes are sent by SMS: each costs money, and to some ranges of numbers so much that fraudsters ask for codes only to earn
// a part of it. So a person, a number, a range and everyone together have a limit of their own.
import type { Statements } from '@postern/service/database/statements'
import { ServiceError } from '@postern/service/errors'
import type { AddressVault } from '../devices/address-vault.js'
import type { PhoneNumber } from './phone-number.js'

interface Limit {
  most: number
  seconds: number
}

export interface CodeLimits {
  /** For one person. */
  user: Limit
  /** To one number, whoever asks for them. */
  number: Limit
  /** To numbers that begin alike. */
  prefix: Limit
  /** In all. */
  total: Limit
}

const HOUR = 3600
const DAY = 86_400

export const codeLimits = (perHour: number): CodeLimits => ({
  user: { most: 5, seconds: DAY },
  number: { most: 5, seconds: DAY },
  prefix: { most: Math.max(1, Math.ceil(perHour / 10)), seconds: HOUR },
  total: { most: perHour, seconds: HOUR },
})

/** When the period that `now` is in ends: the same for all processes. */
const endOf = (seconds: number, now: Date): Date =>
  new Date((Math.floor(now.getTime() / (seconds * 1000)) + 1) * seconds * 1000)

export type CountCode = (tx: Statements, userId: string, number: PhoneNumber, now: Date) => Promise<void>

/**
 * Counts a code in the transaction that stores it, so that a code that is not sent does not count. Throws RATE_LIMITED with
 * `retryAfter`. `now` is the database's time.
 */
export function createCountCode(vault: AddressVault, limits: CodeLimits): CountCode {
  async function count(tx: Statements, subject: string, { most, seconds }: Limit, now: Date): Promise<void> {
    const [mac] = vault.macs(`phone number code\n${subject}`)
    const periodEndsAt = endOf(seconds, now)
    await tx.write('INSERT IGNORE INTO phone_number_code_counts (subject, period_ends_at, sent) VALUES (?, ?, 0)', [
      mac,
      periodEndsAt,
    ])
    const counted = await tx.write(
      'UPDATE phone_number_code_counts SET sent = sent + 1 WHERE subject = ? AND period_ends_at = ? AND sent < ?',
      [mac, periodEndsAt, most],
    )
    if (counted > 0) return
    const retryAfter = Math.max(1, Math.ceil((periodEndsAt.getTime() - now.getTime()) / 1000))
    throw new ServiceError('RATE_LIMITED', { retryAfter })
  }

  return async (tx, userId, { number, prefix }, now) => {
    // Always in this order, so that transactions wait for each other and don't deadlock.
    await count(tx, 'everyone', limits.total, now)
    await count(tx, `prefix ${prefix}`, limits.prefix, now)
    await count(tx, `number ${number}`, limits.number, now)
    await count(tx, `user ${userId}`, limits.user, now)
  }
}
