import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appCode, forgetSteps, verifyAddress } from '../../../test/support/factors.js'
import { startService, type Service } from '../../../test/support/service.js'
import { createClient, type PosternError } from '../src/index.js'
import * as mfa from '../src/mfa.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

describe('two-step verification', () => {
  it('is turned on, completes sign-ins, proves who the user is, and is turned off', async () => {
    const account = await service.register()
    const { email, password } = account
    const client = createClient({ url: `${service.url}/graphql` })
    await verifyAddress(service, account)
    await client.login({ email, password })
    expect(await mfa.mfaState(client)).toMatchObject({ isEnabled: false, recoveryCodesLeft: 0 })
    const { secret, uri, enrollment } = await mfa.startMfaEnrollment(client)
    expect(uri).toContain(`secret=${secret}`)
    const codes = await mfa.enableMfa(client, { enrollment, code: appCode(secret) })
    expect(codes).toHaveLength(10)
    // The session has continued with the new tokens.
    expect(await client.profile()).toMatchObject({ id: account.id })
    expect(await mfa.replaceRecoveryCodes(client)).toHaveLength(10)

    await client.logout()
    const refused = await client.login({ email, password }).catch((error: unknown) => error as PosternError)
    expect(refused).toMatchObject({ code: 'MFA_REQUIRED', challenge: expect.stringMatching(/^mfa_/) })
    expect(client.state).toMatchObject({ status: 'signed-out' })
    const { challenge = '' } = refused as PosternError
    await expect(mfa.verifyMfa(client, { challenge, code: codes[0]! })).rejects.toMatchObject({ code: 'INVALID_CODE' })
    await forgetSteps(service, account)
    const user = await mfa.verifyMfa(client, { challenge, code: appCode(secret), trustDevice: true })
    expect(user.id).toBe(account.id)
    expect(client.state).toMatchObject({ status: 'signed-in' })

    // The client sends its trusted device.
    await client.logout()
    await client.login({ email, password })
    await expect(mfa.disableMfa(client)).rejects.toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' })
    await expect(mfa.reauthenticate(client, { password })).rejects.toMatchObject({ fields: [{ path: 'code' }] })
    await forgetSteps(service, account)
    await mfa.reauthenticate(client, { code: appCode(secret) })
    await mfa.disableMfa(client)
    expect(await mfa.mfaState(client)).toMatchObject({ isEnabled: false })
    client.close()
  })
})

it('takes clients of createClient only', async () => {
  await expect(mfa.mfaState({} as never)).rejects.toThrow(TypeError)
})
