import { ServerCredentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Authority, createAuthority } from '../../support/certificates.js'
import { type EchoServer, echoService, startEchoServer } from '../../support/echo-service.js'
import { startGateway } from '../../support/gateway.js'

let authority: Authority
let other: Authority
let echo: EchoServer
const service = echoService()

beforeAll(async () => {
  authority = createAuthority()
  other = createAuthority()
  const { cert, key } = authority.sign('DNS:localhost')
  const pairs = [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }]
  // Clients need a certificate.
  echo = await startEchoServer(service, ServerCredentials.createSsl(Buffer.from(authority.ca), pairs, true))
})
afterAll(() => {
  echo.stop()
  authority.remove()
  other.remove()
})

/** The status of a request, at a gateway with these variables of TLS. */
async function statusWith(env: Record<string, string>): Promise<number> {
  const url = `https://${echo.target.replace('127.0.0.1', 'localhost')}`
  const served = [{ name: 'auth', url, definitions: [service] }]
  const gateway = await startGateway({ AUTH_GRPC_URL: url, ...env }, { served })
  try {
    return (await fetch(`${gateway.url}/echo/x`)).status
  } finally {
    await gateway.stop()
  }
}

it('calls a service by TLS, whose certificate must be of a trusted CA, with a certificate of its own', async () => {
  const { cert, key } = authority.sign('DNS:gateway.example.com')
  const own = { GATEWAY_GRPC_CERT: cert, GATEWAY_GRPC_KEY: key }
  expect(await statusWith({ ...own, GATEWAY_GRPC_CA: authority.caFile })).toBe(200)
  expect(await statusWith({ ...own, GATEWAY_GRPC_CA: other.ca })).toBe(503)
  expect(await statusWith(own)).toBe(503)
  expect(await statusWith({ GATEWAY_GRPC_CA: authority.ca })).toBe(503)
})
