// Builds the verification of phone numbers, whose codes are notifications to a number that no settings know yet.
import type { Database } from '@postern/service/database/open-database'
import type { Config } from '../config/index.js'
import type { Acceptance } from '../notifications/acceptance.js'
import { newNotification } from '../notifications/inputs.js'
import type { PeopleTable } from '../people/people-table.js'
import { codeLimits, createCountCode } from '../phone-numbers/code-limits.js'
import {
  createPhoneNumberVerification,
  type PhoneNumberVerification,
  type SendCode,
} from '../phone-numbers/verification.js'
import type { Reach } from './reach.js'

/** Whose idempotency keys these are. No service has this name. */
const SENDER = '.phone-numbers'

export function createPhoneNumbers(
  config: Config,
  { transaction }: Database,
  { vault, phoneNumbers }: Pick<Reach, 'vault' | 'phoneNumbers'>,
  { acceptance, people }: { acceptance: Acceptance; people: PeopleTable },
): PhoneNumberVerification {
  const sendCode: SendCode = async ({ id, userId, number, code, expiresAt }) => {
    const input = newNotification.parse({
      ...{ userId, category: 'SECURITY', template: 'phone-number-code', secretValues: { code } },
      ...{ channels: ['SMS'], idempotencyKey: id, expiresAt },
    })
    await acceptance.accept(SENDER, input, { channel: 'SMS', address: number })
  }
  return createPhoneNumberVerification({
    ...{ table: phoneNumbers, people, transaction, vault, sendCode },
    countCode: createCountCode(vault, codeLimits(config.SMS_CODES_PER_HOUR)),
  })
}
