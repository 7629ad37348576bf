// The operation that every peer serves, with the same schema and responses as Postern.
import { createLookup } from './lookup.ts'

export const port = Number(process.env['PORT'])
export const host = '127.0.0.1'

export const typeDefs = /* GraphQL */ `
  enum UsernameUnavailableReason {
    TOO_SHORT
    TOO_LONG
    INVALID_CHARACTERS
    RESERVED
    TAKEN
  }

  type UsernameAvailability {
    available: Boolean!
    username: String!
    reason: UsernameUnavailableReason
    message: String!
  }

  type Query {
    checkUsernameAvailability(username: String!): UsernameAvailability!
  }
`

const isTaken = await createLookup()

const unavailable = (username: string, reason: string, message: string) => ({
  available: false,
  username,
  reason,
  message,
})

export async function check(username: string) {
  if (username.length < 3) return unavailable(username, 'TOO_SHORT', 'Username must have at least 3 characters.')
  if (username.length > 30) return unavailable(username, 'TOO_LONG', 'Username must have at most 30 characters.')
  if (!/^[a-zA-Z0-9_-]+$/.test(username)) {
    return unavailable(username, 'INVALID_CHARACTERS', 'Username can contain only a-z, A-Z, 0-9, _ and -.')
  }
  if (await isTaken(username.toLowerCase())) return unavailable(username, 'TAKEN', 'This username is taken.')
  return { available: true, username, reason: null, message: 'This username is available.' }
}

export const resolvers = {
  Query: { checkUsernameAvailability: (_: unknown, { username }: { username: string }) => check(username) },
}
