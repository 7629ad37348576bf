// The rules for the inputs of factors.graphql, beyond the types that the SDL gives.
import { z } from 'zod'

const stripped = z.string().transform((value) => value.replace(/[\s\p{Pd}]/gu, ''))

const isTotp = (value: string): boolean => /^\d{6}$/.test(value)

/** Recovery codes as they are compared: upper case, and the digits that these letters are mistaken for. */
const asRecoveryCode = (value: string): string => value.toUpperCase().replace(/[IL]/g, '1').replace(/O/g, '0')

const code = stripped
  .transform((value) => (isTotp(value) ? value : asRecoveryCode(value)))
  .refine(
    (value) => isTotp(value) || /^[0-9A-HJKMNP-TV-Z]{12}$/.test(value),
    'must be 6 digits of your app, or a recovery code of 12 characters',
  )

const deviceToken = z.string().nullish()

export const factorInputs = {
  verifyMfa: z.object({ challenge: z.string(), code, trustDevice: z.boolean(), deviceToken }),
  reauthenticate: z
    .object({ password: z.string().nullish(), code: code.nullish(), deviceToken })
    .superRefine((input, context) => {
      if ((input.password == null) !== (input.code == null)) return
      const message = 'Enter either the password or a code.'
      context.addIssue({ code: 'custom', path: ['password'], message })
      context.addIssue({ code: 'custom', path: ['code'], message })
    }),
  enableMfa: z.object({
    enrollment: z.string(),
    code: stripped.refine(isTotp, 'must be the 6 digits that your app shows'),
  }),
}
