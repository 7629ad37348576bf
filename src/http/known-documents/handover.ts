// What a request takes along when it is passed on to Fastify and Apollo Server after its body was read.
import type { Outcome } from '../../resolvers/context.js'
import type { RequestContext } from '../graphql/request-context.js'

export interface Handover {
  readonly body: Buffer
  /** Null if no context was created. */
  own: RequestContext | null
  /** Of the root resolvers that have run. Null if none has. */
  outcomes: readonly Outcome[] | null
}
