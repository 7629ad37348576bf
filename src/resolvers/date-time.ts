// The DateTime scalar of base.graphql.
import { GraphQLError, Kind, type ValueNode } from 'graphql'
import { z } from 'zod'

const rfc3339 = z.iso.datetime({ offset: true })

function parse(value: unknown): Date {
  const date = new Date(rfc3339.safeParse(typeof value === 'string' ? value.toUpperCase() : value).data ?? Number.NaN)
  if (Number.isNaN(date.getTime())) throw new GraphQLError('A DateTime is RFC 3339, such as 2026-11-22T10:15:30Z.')
  return date
}

/** Not a new GraphQLScalarType: its description, even if it has none, would replace the one in the SDL. */
export const DateTime = {
  serialize: (value: unknown) => (value as Date).toISOString(),
  parseValue: parse,
  parseLiteral: (node: ValueNode) => parse(node.kind === Kind.STRING ? node.value : undefined),
}
