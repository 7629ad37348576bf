import { afterAll, beforeAll, expect, it } from 'vitest'
import { unique } from '../../../test/support/client.js'
import { codeAfter, mailsTo } from '../../../test/support/mail-codes.js'
import { startService, type Service } from '../../../test/support/service.js'
import { createClient, type Client } from '../src/index.js'

const NEW_PASSWORD = 'battery staple 7'

let service: Service
let client: Client
beforeAll(async () => {
  service = await startService()
  client = createClient({ url: `${service.url}/graphql` })
})
afterAll(async () => {
  client.close()
  await service.stop()
})

it('verifies an address, resets a password and changes the address', async () => {
  const { email } = await service.register()
  await client.verifyEmail({ email, code: (await mailsTo(service, email))[0]!.code })
  const code = await codeAfter(service, email, () => client.requestPasswordReset(email))
  await client.resetPassword({ email, code, newPassword: NEW_PASSWORD })
  const user = await client.login({ email, password: NEW_PASSWORD })
  expect(user.isEmailVerified).toBe(true)

  const newEmail = `${unique()}@example.com`
  const change = await codeAfter(service, newEmail, () =>
    client.requestEmailChange({ newEmail, password: NEW_PASSWORD }),
  )
  expect((await client.confirmEmailChange(change)).email).toBe(newEmail)
  expect(client.state).toMatchObject({ status: 'signed-in', user: { email: newEmail } })
})

it('says that a code is wrong, and sends another one', async () => {
  const { email } = await service.register()
  await expect(client.verifyEmail({ email, code: '00000000' })).rejects.toMatchObject({
    code: 'INVALID_CODE',
    fields: [{ path: 'code' }],
  })
  const code = await codeAfter(service, email, () => client.resendVerificationCode(email))
  await client.verifyEmail({ email, code })
})
