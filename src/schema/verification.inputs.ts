// The rules for the inputs of verification.graphql, beyond the types that the SDL gives.
import { z } from 'zod'
import { email } from './email-rule.js'
import { newPassword } from './field-rules.js'

/** People copy codes with spaces and dashes around and in them. */
const code = z
  .string()
  .transform((value) => value.replace(/[\s\p{Pd}]/gu, ''))
  .refine((value) => /^[0-9]{8}$/.test(value), 'must have 8 digits')

export type VerificationInputs = ReturnType<typeof createVerificationInputs>

export const createVerificationInputs = ({ passwordMinLength }: { passwordMinLength: number }) => ({
  verifyEmail: z.object({ email, code }),
  address: z.object({ email }),
  resetPassword: z.object({ email, code, newPassword: newPassword(passwordMinLength) }),
  requestEmailChange: z.object({ newEmail: email, password: z.string() }),
  confirmEmailChange: z.object({ code }),
})
