import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A port on which no program listens, not above `highest`. */
export async function freePort(highest = 65_535): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port > highest ? freePort(highest) : port
}
