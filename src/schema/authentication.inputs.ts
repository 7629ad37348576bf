// The rules for the inputs of authentication.graphql, beyond the types that the SDL gives.
import { z } from 'zod'

export const authenticationInputs = {
  login: z
    .object({ email: z.string().nullish(), username: z.string().nullish(), password: z.string() })
    .superRefine((input, context) => {
      if ((input.email == null) === (input.username == null)) {
        const message = 'Give exactly one of email and username.'
        context.addIssue({ code: 'custom', path: ['email'], message })
        context.addIssue({ code: 'custom', path: ['username'], message })
      }
    }),
}
