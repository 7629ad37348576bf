// Opens the port, and says where clients reach the gateway.
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Returns the URL. Port 0 is any free port. */
export async function listen(http: FastifyInstance, host: string, port: number): Promise<string> {
  await http.listen({ host, port, backlog: 1024 })
  const { port: taken } = http.server.address() as AddressInfo
  const isEverywhere = host === '::' || host === '0.0.0.0'
  return `http://${isEverywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${taken}`
}
