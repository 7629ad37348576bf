import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import { UserRole } from '@postern/proto/auth'
import { DirectoryService } from '@postern/proto/directory'
import { grpcClient } from '@postern/proto/grpc-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { metadata } from '../../support/grpc.js'
import { type FrontDoors, startFrontDoors } from '../../support/front-doors.js'
import { serviceHeader, serviceKeys } from '../../support/service-keys.js'

let front: FrontDoors
let connection: Client
let admin: SignedIn
beforeAll(async () => {
  front = await startFrontDoors({ ...serviceKeys('auth'), GRPC_REFLECTION: 'true' })
  connection = new Client(front.grpcAddress, credentials.createInsecure())
  const { roles } = front.service.app.services.accounts
  admin = await front.service.signUpAdmin((email) => roles.setRole({ email }, 'ADMIN', null))
})
afterAll(async () => {
  connection.close()
  await front.stop()
})

const contactOf = (userId: string, values: Record<string, string> = serviceHeader('notification')) =>
  grpcClient(DirectoryService, connection).getContact({ userId }, { metadata: metadata(values) })

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => status.OK,
    (error: unknown) => (error as ServiceError).code,
  )

it('services learn how to reach a user, and whether they may', async () => {
  const { service } = front
  const user = await service.register()
  const { disabling, roles } = service.app.services.accounts
  expect(await contactOf(user.id)).toMatchObject({
    ...{ email: user.email, emailVerified: false, disabled: false, roles: [UserRole.USER] },
  })
  await service.database.query('UPDATE users SET email_verified_at = NOW() WHERE id = ?', [user.id])
  await roles.setRole({ email: user.email }, 'ADMIN', null)
  expect(await contactOf(user.id)).toMatchObject({ emailVerified: true, roles: [UserRole.ADMIN] })
  await roles.setRole({ email: user.email }, 'USER', null)
  await disabling.disable(user.id, null)
  expect(await contactOf(user.id)).toMatchObject({ disabled: true })
  for (const unknown of ['11111111-2222-4333-8444-555555555555', 'nobody', ''])
    expect(await codeOf(contactOf(unknown))).toBe(status.NOT_FOUND)
})

it('nobody else does: not without a key, with a wrong one, with the token of an administrator, or through the gateway', async () => {
  const { gateway } = front
  const wrong = { 'postern-service': `notification:${'x'.repeat(40)}` }
  for (const values of [{}, wrong, { 'postern-service': 'notification' }, { authorization: `Bearer ${admin.token}` }])
    expect(await codeOf(contactOf(admin.id, values))).toBe(status.UNAUTHENTICATED)
  const response = await fetch(`${gateway.url}/postern.auth.v1.DirectoryService/GetContact`, {
    method: 'POST',
    headers: { 'content-type': 'application/grpc-web+proto', ...serviceHeader('notification') },
    body: Buffer.alloc(5),
  })
  expect(await response.text()).toContain(`grpc-status: ${status.UNIMPLEMENTED}`)
})

it('calls are counted by RPC', async () => {
  await contactOf((await front.service.register()).id)
  expect(await front.service.app.metrics.text()).toMatch(/grpc_requests_total\{[^}]*GetContact[^}]*\} [1-9]/)
})
