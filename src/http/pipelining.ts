// Closes connections on which too many requests wait for their responses, before they fill the memory.
import type { FastifyInstance } from 'fastify'
import type { Socket } from 'node:net'

/** Clients that pipeline at all send a few requests. A piece of 64 KiB can contain a thousand. */
const MAX_IN_PROGRESS = 64

/**
 * Node reads pipelined requests as fast as they arrive, until it has responses to send: a response that takes a moment lets
 * any number pile up. The fast path has a limit of its own, MAX_CONCURRENT_REQUESTS.
 */
export function limitPipelining(http: FastifyInstance): void {
  const inProgress = new WeakMap<Socket, number>()

  http.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw
    const count = (inProgress.get(socket) ?? 0) + 1
    if (count > MAX_IN_PROGRESS || socket.destroyed) {
      // Nothing answers the rest of what has been read.
      socket.destroy()
      return void reply.hijack()
    }
    inProgress.set(socket, count)
    reply.raw.once('close', () => inProgress.set(socket, (inProgress.get(socket) ?? 1) - 1))
    done()
  })
}
