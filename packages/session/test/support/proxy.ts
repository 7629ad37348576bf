import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy in front of Redis that can cut its connections, or leave them open and forward nothing. */
export interface Proxy {
  readonly url: string
  /** Whether data is forwarded. While false, connections are accepted but silent, as on a half-open network. */
  forwards: boolean
  /** Ends all connections. While `refuses`, new ones are ended at once. */
  cut(): void
  refuses: boolean
  close(): void
}

export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    if (proxy.refuses) return client.destroy()
    const redis = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => (sockets.delete(from), to.destroy()))
      from.on('data', (data) => {
        if (proxy.forwards) to.write(data)
      })
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const proxy: Proxy = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwards: true,
    refuses: false,
    cut: () => sockets.forEach((socket) => socket.destroy()),
    close() {
      proxy.cut()
      server.close()
    },
  }
  return proxy
}
