// The rules for the inputs of accounts.graphql, beyond the types that the SDL gives.
import { z } from 'zod'
import { email } from './email-rule.js'
import { line } from '@postern/service/input/text-rules'
import { newPassword, optionalLine, username } from './field-rules.js'
import { pageOf } from './page-rules.js'

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
      termsVersion: z.string().nullish(),
      invitationCode: z.string().max(64, 'must be copied from the invitation').nullish(),
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
