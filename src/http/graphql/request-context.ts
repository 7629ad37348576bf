// Creates the context of the resolvers from a request, whichever executor calls them.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestFacts } from '@postern/service/requests/facts'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../../config/index.js'
import { createContext, type GraphQLContext, type Identification } from '../../resolvers/context.js'
import type { Services } from '../../resolvers/index.js'
import { type ResponseCookies, sessionCookies } from '../cookies.js'
import { abortOnDisconnect } from '../disconnects.js'
import { proofCheckOf } from '../dpop.js'

export interface RequestContext {
  readonly context: GraphQLContext
  /** What the response must set. */
  readonly cookies: ResponseCookies
}

export type RequestContexts = ReturnType<typeof createRequestContexts>

export function createRequestContexts(
  services: Identification & Pick<Services, 'checkProof'>,
  { config, clock }: { config: Pick<Config, 'COOKIES' | 'ALLOWED_ORIGINS'>; clock: Clock },
) {
  return (request: IncomingMessage, response: ServerResponse, facts: RequestFacts): RequestContext => {
    const cookies: ResponseCookies = { values: [] }
    const context = createContext(services, {
      authorization: request.headers.authorization,
      cookies: sessionCookies(request, cookies, { host: facts.host, config, clock }),
      checkProof: proofCheckOf(request, facts, services.checkProof),
      ipAddress: facts.address,
      userAgent: request.headers['user-agent'],
      requestId: facts.requestId,
      createSignal: () => abortOnDisconnect(response),
      isQuery: () => facts.operationType === 'query',
      onUser: (userId) => {
        facts.userId = userId
      },
    })
    return { context, cookies }
  }
}
