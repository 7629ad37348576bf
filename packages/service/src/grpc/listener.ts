// Listens for connections and passes them to a gRPC server. It opens the socket itself, so that a prefork group can share the port.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'
import type { Server, ServerCredentials } from '@grpc/grpc-js'

interface Options {
  host: string
  port: number
  credentials: ServerCredentials
  maxConnections: number
}

export interface Listener {
  port: number
  /** Accepts no more connections. */
  close(): void
}

/** Rejects with the system's error if it can't listen, for example because the port is in use. */
export async function listenForCalls(
  server: Server,
  { host, port, credentials, maxConnections }: Options,
): Promise<Listener> {
  const injector = server.createConnectionInjector(credentials)
  // Without delay: each call is a few small frames.
  const sockets: NetServer = createServer({ noDelay: true }, (socket) => injector.injectConnection(socket))
  sockets.maxConnections = maxConnections
  sockets.listen({ host, port })
  await once(sockets, 'listening')
  return {
    port: (sockets.address() as AddressInfo).port,
    close() {
      sockets.close()
    },
  }
}
