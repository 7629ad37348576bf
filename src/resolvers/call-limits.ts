// Counts each call of a resolver whose operation has a limit: @rateLimit in the schema.
import type { GraphQLFieldResolver } from 'graphql'
import { countCall, isLimited } from '../requests/call-limits.js'
import type { CallLimits } from '../services/limits/index.js'
import type { Viewer } from '../services/sessions/index.js'
import { type GraphQLContext, withFactors } from './context.js'

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>

/** Wraps those of the resolvers that have limits per address or per user. Each alias is a call of its own. */
export function withCallLimits<Fields extends object>(fields: Fields, limits: CallLimits): Fields {
  const limited = Object.entries(fields).map(([operation, resolver]: [string, unknown]) => {
    if (!isLimited(limits, operation)) return [operation, resolver]
    const perUser = limits.has(operation, 'USER')
    const counted: Resolver = async (source, args, context, info) => {
      const own = perUser ? withOneViewer(context) : context
      const userId = async () => (await own.anyViewer()).user.id
      await countCall(limits, operation, { ipAddress: context.client.ipAddress, userId })
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
