// Closes connections on which too many requests wait for their responses, before they fill the memory.
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { perTurn } from '@postern/service/end-of-turn'

/** Clients that pipeline at all send a few requests. A piece of 64 KiB can contain a thousand. */
const MAX_IN_PROGRESS = 64

export type Pipelining = ReturnType<typeof createPipelining>

/**
 * Node reads pipelined requests as fast as they arrive, until it has responses to send: a response that takes a moment lets
 * any number pile up.
 */
export function createPipelining() {
  const inProgress = new WeakMap<Socket, { count: number }>()

  function leave(socket: Socket): void {
    const known = inProgress.get(socket)
    if (known) known.count -= 1
  }

  return {
    /** False if the request is one too many. Then its connection is closed, and nothing answers what was read of it. */
    enter(socket: Socket): boolean {
      let known = inProgress.get(socket)
      if (!known) inProgress.set(socket, (known = { count: 0 }))
      if (known.count >= MAX_IN_PROGRESS || socket.destroyed) {
        socket.destroy()
        return false
      }
      known.count += 1
      return true
    },

    leave,

    /** At the end of the turn, so that requests count which are answered as fast as they are read. */
    leaveAfterTurn: perTurn<Socket>((sockets) => sockets.forEach(leave)),
  }
}

/** Limits the requests that Fastify handles. `hasEntered`: whether one entered before it was passed on to Fastify. */
export function limitPipelining(
  http: FastifyInstance,
  pipelining: Pipelining,
  hasEntered: (request: IncomingMessage) => boolean,
): void {
  http.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw
    // What has begun must end, even if its client has disconnected: it counts as an operation in progress until then.
    if (!hasEntered(request.raw) && !pipelining.enter(socket)) return void reply.hijack()
    reply.raw.once('close', () => {
      pipelining.leave(socket)
    })
    done()
  })
}
