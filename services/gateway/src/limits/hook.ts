// The hook that counts requests and refuses those that are too many.
import { status } from '@grpc/grpc-js'
import type { FastifyInstance } from 'fastify'
import { Failure } from '../http/failure.js'
import type { Count, Usage } from './counter.js'
import { limitHeaders, retryAfterOf } from './headers.js'
import type { Limits } from './limits.js'

/** Registered with IANA by the draft of the headers. */
const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded'

/** `onRefusal` gets the name of the limit: `user`, `address`, `overall`, or that of a route with a limit of its own. */
export function addLimits(http: FastifyInstance, limits: Limits, onRefusal: (limit: string) => void): void {
  http.addHook('onRequest', (request, reply, done) => {
    const counting = limits.count(request.facts)
    if (!counting) return done()
    counting.then((count) => {
      void reply.headers(limitHeaders(shownOf(count)))
      for (const { policy } of count.violated) onRefusal(policy.name)
      done(count.violated.length === 0 ? undefined : tooMany(count.violated))
    }, done)
  })
}

/** How much others use of the overall limit is no client's business, until it refuses them. */
const shownOf = ({ usages, violated }: Count): readonly Usage[] =>
  usages.filter((usage) => usage.policy.name !== 'overall' || violated.includes(usage))

const tooMany = (violated: readonly Usage[]): Failure =>
  new Failure({
    status: 429,
    grpc: status.RESOURCE_EXHAUSTED,
    type: QUOTA_EXCEEDED,
    code: 'RATE_LIMITED',
    message: 'Too many requests. Try again later.',
    retryAfter: retryAfterOf(violated),
    more: { 'violated-policies': violated.map(({ policy }) => policy.name) },
  })
