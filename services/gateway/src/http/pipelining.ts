// Closes connections on which too many requests wait for their responses, before they fill the memory.
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Clients that pipeline at all send a few requests. A piece of 64 KiB can contain a thousand. */
const MAX_IN_PROGRESS = 64

export function limitPipelining(http: FastifyInstance): void {
  const inProgress = new WeakMap<Socket, number>()
  const add = (socket: Socket, difference: number): number => {
    const count = (inProgress.get(socket) ?? 0) + difference
    inProgress.set(socket, count)
    return count
  }

  http.addHook('onRequest', ({ raw: { socket } }, reply, done) => {
    if (socket.destroyed || add(socket, 1) > MAX_IN_PROGRESS) {
      socket.destroy()
      return void reply.hijack()
    }
    reply.raw.once('close', () => add(socket, -1))
    done()
  })
}
