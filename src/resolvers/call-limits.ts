// Counts each call of a resolver whose operation has a limit: @rateLimit in the schema.
import type { GraphQLFieldResolver } from 'graphql'
import { networkOf } from '@postern/service/networks'
import type { CallLimits } from '../services/limits/index.js'
import type { Viewer } from '../services/sessions/index.js'
import { type GraphQLContext, withFactors } from './context.js'

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>

/** Wraps those of the resolvers that have limits per address or per user. Each alias is a call of its own. */
export function withCallLimits<Fields extends object>(fields: Fields, limits: CallLimits): Fields {
  const limited = Object.entries(fields).map(([operation, resolver]: [string, unknown]) => {
    const perAddress = limits.has(operation, 'ADDRESS')
    const perUser = limits.has(operation, 'USER')
    if (!perAddress && !perUser) return [operation, resolver]
    const counted: Resolver = async (source, args, context, info) => {
      const own = perUser ? withOneViewer(context) : context
      if (perAddress) await limits.count(operation, 'ADDRESS', networkOf(context.client.ipAddress ?? ''))
      if (perUser) await limits.count(operation, 'USER', (await own.anyViewer()).user.id)
      return (resolver as Resolver)(source, args, own, info)
    }
    return [operation, counted]
  })
  return Object.fromEntries(limited) as Fields
}

/** Reads the signed-in user once for the limit and the resolver. */
function withOneViewer(context: GraphQLContext): GraphQLContext {
  let found: Promise<Viewer> | null = null
  const anyViewer = () => (found ??= context.anyViewer())
  const viewer = async () => withFactors(await anyViewer())
  return Object.assign(Object.create(context) as GraphQLContext, { anyViewer, viewer })
}
