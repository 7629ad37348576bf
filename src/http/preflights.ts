// Answers the preflight requests of browsers (CORS).
import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

const MAX_AGE_SECONDS = 86_400

/** `allowedOrigins` may send cookies. */
export async function registerPreflights(http: FastifyInstance, allowedOrigins: readonly string[]): Promise<void> {
  // In a scope of its own, where it only answers preflight requests.
  await http.register(async (scope) => {
    await scope.register(cors, {
      delegator(request, callback) {
        const listed = allowedOrigins.includes(request.headers.origin ?? '')
        const origin = [...allowedOrigins]
        // An OPTIONS request without Origin is no preflight but, for example, HAProxy's default health check.
        callback(null, { origin, credentials: listed, maxAge: MAX_AGE_SECONDS, strictPreflight: false })
      },
    })
  })
}
