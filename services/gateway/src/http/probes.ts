// The probes of balancers and orchestrators.
import { maySeeDetails } from '@postern/service/operator-access'
import type { BreakerStatus } from '@postern/service/breakers'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.js'

interface Probes {
  /** Whether tokens can be verified now: the keys and the revocations are there. */
  readonly canVerify: () => boolean
  readonly breakers: () => readonly BreakerStatus[]
  /** True from the moment on when the gateway should get no new requests. */
  readonly isDraining: () => boolean
  readonly config: Pick<Config, 'METRICS_TOKEN' | 'NODE_ENV'>
}

/**
 * A service that is down makes no gateway unready: all of them would be unready, and clients would get the balancer's error
 * instead of one with a code. The same is true for Redis, once the gateway has read from it. Only a gateway that has never been
 * able to verify a token gets no requests.
 */
export function registerProbes(http: FastifyInstance, { canVerify, breakers, isDraining, config }: Probes): void {
  let hasVerified = false

  http.get('/livez', () => ({ status: 'ok' }))

  http.get('/readyz', ({ headers }, reply) => {
    const verifies = canVerify()
    hasVerified ||= verifies
    const services = Object.fromEntries(breakers().map(({ name, state }) => [name, state === 'closed' ? 'up' : 'down']))
    const isUp = verifies && Object.values(services).every((state) => state === 'up')
    const status = isDraining() ? 'draining' : !hasVerified ? 'down' : isUp ? 'up' : 'degraded'
    const code = status === 'up' || status === 'degraded' ? 200 : 503
    const details = maySeeDetails(headers.authorization, config) && { tokens: verifies ? 'up' : 'down', ...services }
    return reply.code(code).send({ status, ...details })
  })
}
