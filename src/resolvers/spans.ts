// A span for each call of a root field.
import type { GraphQLFieldResolver } from 'graphql'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { GraphQLContext } from './context.js'

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>

/** Returns the resolvers as they are if there are no traces. */
export function withSpans<Fields extends object>(type: string, fields: Fields, tracing: Tracing | null): Fields {
  if (!tracing) return fields
  const traced = Object.entries(fields).map(([name, resolver]: [string, unknown]) => {
    const attributes = { 'graphql.field.name': name }
    const run: Resolver = (...args) =>
      tracing.inSpan(`${type}.${name}`, attributes, () => (resolver as Resolver)(...args))
    return [name, run]
  })
  return Object.fromEntries(traced) as Fields
}
