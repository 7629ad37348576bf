// Runs no root resolver twice in a request that one executor begins and another one finishes.
import type { GraphQLFieldResolver } from 'graphql'
import type { GraphQLContext } from './context.js'

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>

/**
 * The outermost wrapper of the resolvers of Query and Mutation. A field that has already run in this request keeps its
 * outcome: nothing is changed, counted, limited or traced again.
 */
export function withRecordedOutcomes<Fields extends object>(fields: Fields): Fields {
  const wrapped = Object.entries(fields).map(([name, resolver]: [string, unknown]) => {
    const resolve: Resolver = (source, args, context, info) => {
      const recorded = context.recorded?.find(({ key }) => key === info.path.key)
      if (!recorded) return (resolver as Resolver)(source, args, context, info)
      if (recorded.threw) throw recorded.value
      return recorded.value
    }
    return [name, resolve]
  })
  return Object.fromEntries(wrapped) as Fields
}
