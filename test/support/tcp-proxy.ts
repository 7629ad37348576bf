import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * A TCP proxy in front of several servers. `target` chooses the server of each new connection. Connections that exist
 * keep their server, as behind a load balancer or after a change of an address.
 */
export async function startTcpProxy(target: () => string) {
  const sockets = new Set<Socket>()
  let accepted = 0
  let isHanging = false

  function forward(from: Socket, to: Socket): void {
    sockets.add(from)
    from.on('error', () => undefined)
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    from.pipe(to)
    if (isHanging) from.pause()
  }

  const server = createServer((client) => {
    accepted += 1
    const { hostname, port } = new URL(target())
    const upstream = connect(Number(port), hostname)
    forward(client, upstream)
    forward(upstream, client)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  return {
    /** Returns `url` with the address of the proxy. */
    through(url: string): string {
      const proxied = new URL(url)
      proxied.host = `127.0.0.1:${port}`
      return proxied.toString()
    },
    /** Passes nothing on from now on, in both directions. */
    hang() {
      isHanging = true
      for (const socket of sockets) socket.pause()
    },
    goOn() {
      isHanging = false
      for (const socket of sockets) socket.resume()
    },
    /** How many connections it has accepted so far. */
    accepted: () => accepted,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
