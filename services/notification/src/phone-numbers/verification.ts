// Proves that a number is a person's: a code goes there by SMS, and the person enters it.
import { randomInt, randomUUID, timingSafeEqual } from 'node:crypto'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { invalidField, ServiceError } from '@postern/service/errors'
import type { AddressVault } from '../devices/address-vault.js'
import type { PeopleTable } from '../people/people-table.js'
import type { CountCode } from './code-limits.js'
import { readPhoneNumber } from './phone-number.js'
import type { PhoneNumberTable } from './phone-number-table.js'

const CODE_DIGITS = 6
const LIFE_SECONDS = 600
const MAX_GUESSES = 5

/** Sends a code soon, as a notification that carries a secret. `id` is new for each code. */
export type SendCode = (sms: {
  id: string
  userId: string
  number: string
  code: string
  expiresAt: Date
}) => Promise<void>

interface Parts {
  table: PhoneNumberTable
  people: Pick<PeopleTable, 'lockPresent'>
  transaction: MysqlTransaction
  vault: AddressVault
  countCode: CountCode
  sendCode: SendCode
  newCode?: () => string
}

export type PhoneNumberVerification = ReturnType<typeof createPhoneNumberVerification>

const randomCode = (): string => String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')

export function createPhoneNumberVerification({
  table,
  people,
  transaction,
  vault,
  countCode,
  sendCode,
  newCode = randomCode,
}: Parts) {
  /** Keyed, because six digits are quickly tried out. */
  const macsOf = (userId: string, number: string, code: string) =>
    vault.macs(JSON.stringify(['phone number code', userId, number, code]))

  const isEqual = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

  return {
    /** Returns when the code expires. Throws INVALID_INPUT at the field `phoneNumber`, RATE_LIMITED, and NOT_FOUND. */
    async request(userId: string, text: string): Promise<Date> {
      const number = await readPhoneNumber(text)
      if (!number) throw invalidField('phoneNumber', 'Enter a mobile number in its international form: +447911123456.')
      const code = newCode()
      const [codeMac] = macsOf(userId, number.number, code)
      const expiresAt = await transaction(async (tx) => {
        await people.lockPresent(tx, userId)
        const now = await table.now(tx)
        await countCode(tx, userId, number, now)
        const expires = new Date(now.getTime() + LIFE_SECONDS * 1000)
        await table.putCode(tx, { userId, number: number.number, codeMac, expiresAt: expires })
        return expires
      })
      await sendCode({ id: randomUUID(), userId, number: number.number, code, expiresAt })
      return expiresAt
    },

    /** The number replaces the one before. Throws INVALID_CODE. */
    async verify(userId: string, code: string): Promise<void> {
      // A guess counts even if the process ends before it is compared.
      const found = (await table.countGuess(userId, MAX_GUESSES)) ? await table.findCode(userId) : null
      if (!found || !macsOf(userId, found.number, code).some((mac) => isEqual(mac, found.codeMac)))
        throw new ServiceError('INVALID_CODE')
      await transaction(async (tx) => {
        await people.lockPresent(tx, userId)
        if (!(await table.useCode(tx, userId, found.codeMac))) throw new ServiceError('INVALID_CODE')
        await table.save(tx, userId, found.number)
      })
    },

    async remove(userId: string): Promise<void> {
      await table.remove(userId)
    },
  }
}
