// Connects Apollo Server, whose plugins and error formatter get no request, to the facts of the request.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestFacts } from '@postern/service/requests/facts'
import type { GraphQLContext } from '../../resolvers/context.js'
import type { RootFields } from './root-fields.js'

export interface CurrentRequest {
  readonly facts: RequestFacts
  readonly context: GraphQLContext
  /** Null until the operation is known. */
  rootFields: RootFields | null
}

export const createCurrentRequest = () => new AsyncLocalStorage<CurrentRequest>()
