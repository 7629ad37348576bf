// Creates the context of a WebSocket: who its user is, from what the client sends first.
import type { IncomingMessage } from 'node:http'
import type { RequestFacts } from '@postern/service/requests/facts'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../../config/index.js'
import { createContext, type GraphQLContext, type Identification } from '../../resolvers/context.js'
import type { Services } from '../../resolvers/index.js'
import { sessionCookies } from '../cookies.js'
import { proofCheckOf } from '../dpop.js'

export type SocketContexts = ReturnType<typeof createSocketContexts>

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/**
 * A page can't set the headers of a WebSocket, so what would be a header of a request is a part of `connection_init`:
 * `authorization`, with `dpop` for a proof of the GET that has opened the WebSocket, or `x-postern-cookies` to use the cookies
 * that the browser has sent.
 */
export function createSocketContexts(
  services: Identification & Pick<Services, 'checkProof'>,
  { config, clock }: { config: Pick<Config, 'COOKIES' | 'ALLOWED_ORIGINS'>; clock: Clock },
) {
  return (request: IncomingMessage, facts: RequestFacts, params: Readonly<Record<string, unknown>>): GraphQLContext => {
    const { headers } = request
    const asked = { ...headers, 'x-postern-cookies': textOf(params['x-postern-cookies']) }
    // Browsers send Origin with every WebSocket, as with every POST.
    const cookies = sessionCookies(
      { method: 'POST', headers: asked },
      { values: [] },
      { host: facts.host, config, clock },
    )
    const authorization = textOf(params['authorization']) ?? textOf(params['Authorization']) ?? headers.authorization
    const dpop = textOf(params['dpop']) ?? textOf(params['DPoP']) ?? textOf(headers['dpop'])
    return createContext(services, {
      authorization,
      cookies,
      checkProof: proofCheckOf({ url: request.url, headers: { dpop, authorization } }, facts, services.checkProof),
      ipAddress: facts.address,
      userAgent: headers['user-agent'],
      requestId: facts.requestId,
      createSignal: () => new AbortController().signal,
      isQuery: () => false,
      onUser: (userId) => {
        facts.userId = userId
      },
    })
  }
}
