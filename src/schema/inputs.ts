import { PASSWORD_MAX_LENGTH } from '@postern/contract/passwords'
import { domainToASCII, domainToUnicode } from 'node:url'
import { z } from 'zod'
import { AuthError } from '../errors.js'
import { emailKey, nfc, normaliseEmail, USERNAME_PROBLEM_MESSAGES, usernameProblem } from './rules.js'

/** Lone surrogates have no UTF-8: two different strings would be stored as one. */
const text = z.string('is required').refine((value) => value.isWellFormed(), 'contains a broken character')

const line = (max: number) =>
  text
    .transform((value) => nfc(value.trim()))
    .refine((value) => value.length > 0, 'must not be empty; null clears it')
    .refine((value) => [...value].length <= max, `must have at most ${max} characters`)
    .refine((value) => !/\p{Cc}/u.test(value), 'must not contain control characters')

const optionalLine = (max: number) => line(max).nullish()

const EMAIL_MAX_LENGTH = 254

function isEmail(value: string): boolean {
  const [local, domain, ...rest] = value.split('@')
  if (!local || !domain || rest.length > 0 || local.length > 64) return false
  // Lower case can be longer: both spellings have to fit their columns.
  if ([...value].length > EMAIL_MAX_LENGTH || [...emailKey(value)].length > EMAIL_MAX_LENGTH) return false
  return /^[^\p{Z}\p{C}"(),:;<>[\\\]]+$/u.test(local) && !/^\.|\.\.|\.$/.test(local) && isDomain(domain)
}

/** IDNA drops or maps many characters; only what is its own normal form is one domain and no other. */
function isDomain(domain: string): boolean {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return false
  const lower = nfc(domain.toLowerCase())
  const ascii = domainToASCII(lower)
  return (
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]+)$/.test(ascii) &&
    (ascii === lower || domainToUnicode(ascii) === lower)
  )
}

const email = text.transform(normaliseEmail).refine(isEmail, 'must be an e-mail address, such as ada@example.com')

const username = text.superRefine((value, context) => {
  const problem = usernameProblem(value)
  if (problem) context.addIssue({ code: 'custom', message: USERNAME_PROBLEM_MESSAGES[problem] })
})

const moment = z
  .date()
  .refine((value) => value.getUTCFullYear() >= 1970 && value.getUTCFullYear() <= 9999, 'must lie between 1970 and 9999')

const phoneNumber = line(32).refine(
  (value) => /^\+?[0-9][0-9 ().\-/]{3,30}$/.test(value),
  'must be a telephone number, such as +44 20 7946 0958',
)

const address = z.object({
  streetName: optionalLine(200),
  city: optionalLine(100),
  state: optionalLine(100),
  zipCode: optionalLine(20),
  country: optionalLine(100),
})

/** How many of a list are asked for. */
const upTo = (most: number) => z.int().min(1, `must be 1 to ${most}`).max(most, `must be 1 to ${most}`).nullish()

export type Inputs = ReturnType<typeof createInputs>

/** The rules for each input, beyond the types that the SDL gives. */
export function createInputs({ passwordMinLength }: { passwordMinLength: number }) {
  const newPassword = text.refine((value) => {
    const length = [...nfc(value)].length
    return length >= passwordMinLength && length <= PASSWORD_MAX_LENGTH
  }, `must have ${passwordMinLength} to ${PASSWORD_MAX_LENGTH} characters`)

  return {
    register: z.object({
      email,
      password: newPassword,
      username: username.nullish(),
      firstName: optionalLine(100),
      lastName: optionalLine(100),
    }),
    login: z
      .object({ email: z.string().nullish(), username: z.string().nullish(), password: z.string() })
      .superRefine((input, context) => {
        if ((input.email == null) === (input.username == null)) {
          const message = 'Give exactly one of email and username.'
          context.addIssue({ code: 'custom', path: ['email'], message })
          context.addIssue({ code: 'custom', path: ['username'], message })
        }
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
      .object({ oldPassword: z.string(), newPassword, confirmNewPassword: z.string() })
      .refine((input) => input.newPassword === input.confirmNewPassword, {
        path: ['confirmNewPassword'],
        message: 'must be the same as newPassword',
        when: () => true,
      }),
    users: z.object({
      role: z.enum(['USER', 'ADMIN']).nullish(),
      first: upTo(100),
      after: z.uuid('must be a cursor that this list gave').nullish(),
    }),
    suggestions: z.object({ first: upTo(10) }),
    mostRefused: z.object({ first: upTo(100) }),
    protectedUsernames: z.object({ first: upTo(1000), after: username.nullish() }),
  }
}

/** Checks one input. Throws INVALID_INPUT with every field that is wrong, and never a value. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const fields = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  throw new AuthError('INVALID_INPUT', { fields })
}
