import { credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority, type Authority } from '../../support/certificates.js'
import { connect, failureOf } from '../../support/grpc.js'
import { type Service, startService } from '../../support/service.js'

let authority: Authority
let service: Service

beforeAll(async () => {
  authority = createAuthority()
  const { cert, key } = authority.sign('DNS:localhost')
  service = await startService({
    ...{ GRPC_PORT: '0', GRPC_TLS_CERT: cert, GRPC_TLS_KEY: key, GRPC_TLS_CLIENT_CA: authority.caFile },
  })
})
afterAll(async () => {
  await service.stop()
  authority.remove()
})

async function tryWith(channel: ReturnType<typeof credentials.createSsl>) {
  const connection = connect(service.grpc!.port, channel, 'localhost')
  const deadline = Date.now() + 10_000
  const answer = await connection.auth.validateToken({ token: 'none' }, { deadline }).then(
    () => 'accepted',
    (error: unknown) => error as Error,
  )
  connection.close()
  return answer instanceof Error ? (await failureOf(Promise.reject(answer))).status : answer
}

const clientWith = ({ cert, key }: { cert: string; key: string }) =>
  credentials.createSsl(Buffer.from(authority.ca), Buffer.from(key), Buffer.from(cert))

describe('with GRPC_TLS_CLIENT_CA', () => {
  it('a client with a certificate of that CA can call', async () => {
    expect(await tryWith(clientWith(authority.sign('DNS:service.example.com')))).toBe('accepted')
  })

  it('a client without a certificate, with one of another CA, or without TLS can not', async () => {
    expect(await tryWith(credentials.createSsl(Buffer.from(authority.ca)))).toBe('UNAVAILABLE')
    const other = createAuthority()
    try {
      expect(await tryWith(clientWith(other.sign('DNS:service.example.com')))).toBe('UNAVAILABLE')
    } finally {
      other.remove()
    }
    expect(await tryWith(credentials.createInsecure())).toBe('UNAVAILABLE')
  })
})
