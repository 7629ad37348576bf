import { afterAll, beforeAll, expect, it } from 'vitest'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { unique } from '../../support/client.js'
import { connect, failureOf, type GrpcConnection } from '../../support/grpc.js'
import { FRONTEND, type OAuthTestService, startOAuthService } from '../../support/oauth-service.js'

let service: OAuthTestService
let grpc: GrpcConnection

beforeAll(async () => {
  service = await startOAuthService({ GRPC_PORT: '0' })
  grpc = connect(service.grpc!.port)
})
afterAll(async () => {
  grpc.close()
  await service.stop()
})

it('a sign-in at a provider begins and ends over gRPC, once', async () => {
  const email = `${unique()}@gmail.com`
  service.providers.google.become('9000', { email, email_verified: true })
  const begun = await grpc.auth.initiateOAuth({ provider: 'google', redirectTo: `${FRONTEND}/callback` })
  expect(timestampDate(begun.expiresAt!).getTime()).toBeGreaterThan(Date.now() + 500_000)
  const back = new URL(await service.browser().follow(begun.authorizationUrl, FRONTEND))
  const { code = '', state = '', iss } = Object.fromEntries(back.searchParams) as Record<string, string>
  const callback = { provider: 'google', code, state, ...(iss !== undefined && { iss }) }
  const other = await failureOf(grpc.auth.completeOAuth({ ...callback, state: 'x'.repeat(43), binding: begun.binding }))
  expect(other).toMatchObject({ status: 'FAILED_PRECONDITION', code: 'OAUTH_FAILED' })
  const session = await grpc.auth.completeOAuth({ ...callback, binding: begun.binding })
  expect(session.user).toMatchObject({ email, isEmailVerified: true })
  expect((await grpc.auth.validateToken({ token: session.token })).amr).toEqual(['fed'])
  const again = await failureOf(grpc.auth.completeOAuth({ ...callback, binding: begun.binding }))
  expect(again.code).toBe('OAUTH_FAILED')
})
