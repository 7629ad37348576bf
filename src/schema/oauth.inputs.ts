// The rules for the inputs of oauth.graphql, beyond the types that the SDL gives.
import { z } from 'zod'

/** What providers send fits into an address. */
const parameter = z.string().refine((value) => value.length <= 4096, 'must have at most 4096 characters')

export const oauthInputs = {
  initiate: z.object({
    provider: z.string(),
    redirectTo: parameter,
    reauthenticate: z.boolean().nullish(),
    termsVersion: z.string().nullish(),
  }),
  complete: z.object({
    provider: z.string(),
    code: parameter,
    state: parameter,
    iss: parameter.nullish().transform((value) => value ?? null),
    binding: parameter,
    deviceToken: z.string().nullish(),
  }),
}
