// GET /circuit-breaker/status: the circuit breakers of the process that answers, for administrators.
import type { FastifyInstance } from 'fastify'
import type { BreakerStatus } from '@postern/service/breakers'
import type { RequestFactsStore } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import { createContext } from '../resolvers/context.js'
import type { Services } from '../resolvers/index.js'
import { abortOnDisconnect } from './disconnects.js'
import { proofCheckOf } from './dpop.js'

const CALLS: ReadonlyMap<string, number> = new Map([['circuitBreakerStatus', 1]])

export function registerBreakerStatus(
  http: FastifyInstance,
  breakers: () => BreakerStatus[],
  { services, requestFacts, hooks }: { services: Services; requestFacts: RequestFactsStore; hooks: RequestHooks },
): void {
  http.get('/circuit-breaker/status', async (request, reply) => {
    const facts = requestFacts.of(request.raw)
    // It reads MySQL for everyone who is signed in, so the limits of operations apply.
    facts.calls = CALLS
    hooks.before(facts)
    const context = createContext(services, {
      authorization: request.headers.authorization,
      // Programs read it, so it takes only a Bearer token.
      cookies: null,
      checkProof: proofCheckOf(request.raw, facts, services.checkProof),
      ipAddress: facts.address,
      userAgent: request.headers['user-agent'],
      requestId: facts.requestId,
      createSignal: () => abortOnDisconnect(reply.raw),
      isQuery: () => true,
      onUser: (userId) => {
        facts.userId = userId
      },
    })
    // While MySQL is unavailable, no administrator can be verified: /metrics has the states then.
    await context.admin()
    return reply.header('cache-control', 'no-store').send({ breakers: breakers() })
  })
}
