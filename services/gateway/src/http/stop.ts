// Stops the HTTP server without losing a request.
import { drain } from '@postern/service/drain'
import type { FastifyInstance } from 'fastify'

/** Call it before the server listens. Returns what finishes the accepted requests and resolves after the last response. */
export function createServerStop(http: FastifyInstance): () => Promise<void> {
  let isClosing = false
  http.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) void reply.header('connection', 'close')
    done(null, payload)
  })
  return async () => {
    await drain(http.server, () => {
      isClosing = true
    })
    await http.close()
  }
}
