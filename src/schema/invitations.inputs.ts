// The rules for the inputs of invitations.graphql, beyond the types that the SDL gives.
import { z } from 'zod'
import { email } from './email-rule.js'

const MOST_USES = 1000

export const invitationInputs = {
  create: z.object({
    email: email.nullish(),
    expiresAt: z.date().nullish(),
    uses: z
      .number()
      .refine((value) => Number.isInteger(value) && value >= 1 && value <= MOST_USES, `must be 1 to ${MOST_USES}`)
      .nullish(),
  }),
}
