import { Metadata, ServerCredentials, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig, upstreamAddresses } from '../../../services/gateway/src/config/index.js'
import { createUpstream } from '../../../packages/service/src/grpc/upstream.js'
import { type Authority, createAuthority } from '../../support/certificates.js'
import { type EchoServer, echoService, startEchoServer } from '../../support/echo-service.js'
import { gatewayEnvironment } from '../../support/gateway.js'

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

/** The status of a call with these variables of TLS. */
async function statusWith(env: Record<string, string>): Promise<status> {
  const url = `https://${echo.target.replace('127.0.0.1', 'localhost')}`
  const config = readConfig({ ...gatewayEnvironment(), AUTH_GRPC_URL: url, ...env })
  const upstream = createUpstream('auth', upstreamAddresses(config).auth!)
  const options = { deadline: new Date(Date.now() + 10_000), signal: new AbortController().signal }
  try {
    await upstream.call(service.method['get']!, new Uint8Array(), new Metadata(), options)
    return status.OK
  } catch (error) {
    return (error as { code: status }).code
  } finally {
    upstream.close()
  }
}

it('calls a service by TLS, whose certificate must be of a trusted CA, with a certificate of its own', async () => {
  const { cert, key } = authority.sign('DNS:gateway.example.com')
  const own = { GATEWAY_GRPC_CERT: cert, GATEWAY_GRPC_KEY: key }
  expect(await statusWith({ ...own, GATEWAY_GRPC_CA: authority.caFile })).toBe(status.OK)
  expect(await statusWith({ ...own, GATEWAY_GRPC_CA: other.ca })).toBe(status.UNAVAILABLE)
  expect(await statusWith(own)).toBe(status.UNAVAILABLE)
  expect(await statusWith({ GATEWAY_GRPC_CA: authority.ca })).toBe(status.UNAVAILABLE)
})
