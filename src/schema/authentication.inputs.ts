// The rules for the inputs of authentication.graphql, beyond the types that the SDL gives.
import { trimText } from '@postern/contract/text'
import { z } from 'zod'

/** Password managers, keyboards and copying add spaces, and no rule refuses them at a login. */
const trimmed = z.string().transform(trimText).nullish()

const login = z.object({ email: trimmed, username: trimmed, password: z.string(), deviceToken: z.string().nullish() })

export const authenticationInputs = {
  login: login.superRefine((input, context) => {
    if ((input.email == null) === (input.username == null)) {
      const message = 'Enter either an email address or a username.'
      context.addIssue({ code: 'custom', path: ['email'], message })
      context.addIssue({ code: 'custom', path: ['username'], message })
    }
  }),
  refreshToken: z
    .object({ userId: z.string().nullish(), userID: z.string().nullish() })
    .refine(({ userId, userID }) => userId == null || userID == null || userId === userID, {
      path: ['userId'],
      message: 'must be the same as userID, which is deprecated',
    })
    .transform(({ userId, userID }) => ({ userId: userId ?? userID ?? null })),
}
