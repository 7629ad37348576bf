import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy that forwards some chunks up to `most` milliseconds late, in order within a connection. */
export async function startDelays(url: string, most: number) {
  const target = new URL(url)
  const sockets = new Set<Socket>()

  function forward(from: Socket, to: Socket): void {
    sockets.add(from)
    let previous = Promise.resolve()
    from.on('data', (piece) => {
      const late = new Promise((resolve) => setTimeout(resolve, Math.random() < 0.2 ? Math.random() * most : 0))
      previous = Promise.all([previous, late]).then(() => void to.write(piece))
    })
    from.on('error', () => undefined)
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    forward(client, upstream)
    forward(upstream, client)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as AddressInfo).port)
  return {
    url: through.toString(),
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
