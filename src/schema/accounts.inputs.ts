// The rules for the inputs of accounts.graphql, beyond the types that the SDL gives.
import { domainToASCII, domainToUnicode } from 'node:url'
import { z } from 'zod'
import {
  INVISIBLE_MESSAGE,
  line,
  newPassword,
  optionalLine,
  STACKED_MARKS_MESSAGE,
  text,
  username,
} from './field-rules.js'
import { hasInvisible, hasStackedMarks } from './invisible-characters.js'
import { pageOf } from './page-rules.js'
import { normalizeText } from '@postern/contract/text'
import { canonicalEmail, foldEmail, normalizeEmail } from '../platform/emails.js'

const EMAIL_MAX_LENGTH = 254

function isEmail(value: string): boolean {
  const [local, domain, ...rest] = value.split('@')
  if (!local || !domain || rest.length > 0 || local.length > 64) return false
  // Lower case and ASCII can be longer. All forms must fit their columns.
  const forms = [value, foldEmail(value), canonicalEmail(value)]
  if (forms.some((form) => [...form].length > EMAIL_MAX_LENGTH)) return false
  return /^[^\p{Z}\p{C}"(),:;<>[\\\]]+$/u.test(local) && !/^\.|\.\.|\.$/.test(local) && isDomain(domain)
}

/** IDNA drops or maps many characters. Only domains in their normal form are unambiguous. */
function isDomain(domain: string): boolean {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return false
  const lower = normalizeText(domain.toLowerCase())
  const ascii = domainToASCII(lower)
  return (
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]+)$/.test(ascii) &&
    (ascii === lower || domainToUnicode(ascii) === lower)
  )
}

/** Of each address, one spelling: not even the joiners that names may have. */
const email = text
  .transform(normalizeEmail)
  .refine((value) => !hasInvisible(value), { message: INVISIBLE_MESSAGE, abort: true })
  .refine((value) => !hasStackedMarks(value), { message: STACKED_MARKS_MESSAGE, abort: true })
  .refine(isEmail, 'must look like ada@example.com')

const moment = z
  .date()
  .refine((value) => value.getUTCFullYear() >= 1970 && value.getUTCFullYear() <= 9999, 'must be between 1970 and 9999')

const phoneNumber = line(32).refine(
  (value) => /^\+?[0-9][0-9 ().\-/]{3,30}$/.test(value),
  'must look like +44 20 7946 0958',
)

const address = z.object({
  streetName: optionalLine(200),
  city: optionalLine(100),
  state: optionalLine(100),
  zipCode: optionalLine(20),
  country: optionalLine(100),
})

export type AccountInputs = ReturnType<typeof createAccountInputs>

export function createAccountInputs({ passwordMinLength }: { passwordMinLength: number }) {
  const password = newPassword(passwordMinLength)

  return {
    register: z.object({
      email,
      password,
      username: username.nullish(),
      firstName: optionalLine(100),
      lastName: optionalLine(100),
    }),
    updateProfile: z.object({
      username: username.nullish(),
      firstName: optionalLine(100),
      lastName: optionalLine(100),
      phoneNumber: phoneNumber.nullish(),
      address: address.nullish(),
      marketingOptIn: z.boolean('must be true or false').optional(),
      termsAcceptedAt: moment.nullish(),
    }),
    changePassword: z
      .object({ oldPassword: z.string(), newPassword: password, confirmNewPassword: z.string() })
      .refine((input) => input.newPassword === input.confirmNewPassword, {
        path: ['confirmNewPassword'],
        message: 'The new passwords do not match.',
        when: () => true,
      }),
    users: pageOf({ role: z.enum(['USER', 'ADMIN']).nullish() }),
  }
}
