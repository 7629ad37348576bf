// Validates the arguments of the operations in usernames.graphql.
import { z } from 'zod'
import { upTo, username } from './field-rules.js'

export const usernameInputs = {
  suggestions: z.object({ first: upTo(10) }),
  mostRefused: z.object({ first: upTo(100) }),
  protectedUsernames: z.object({ first: upTo(1000), after: username.nullish() }),
}
