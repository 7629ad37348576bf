// The rules for the inputs of personal-data.graphql, beyond the types that the SDL gives.
import { z } from 'zod'

/** Longer than any token. What is too long is not looked up. */
const token = z.string().trim().max(128, 'must be copied from the mail')

export const personalDataInputs = {
  token: z.object({ token }),
  acceptTerms: z.object({ version: z.string() }),
}
