// The WebAuthnJSON scalar of passkeys.graphql.
import { GraphQLError } from 'graphql'

function refuse(): never {
  throw new GraphQLError('A WebAuthnJSON is a JSON object in a variable.')
}

/** What an object has to contain is the rule of its input: schema/passkeys.inputs.ts. */
export const WebAuthnJSON = {
  serialize: (value: unknown) => value,
  parseValue: (value: unknown): object =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? value : refuse(),
  /** No client writes it into a document, whose limits count every value. */
  parseLiteral: refuse,
}
