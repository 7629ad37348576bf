import { describe, expect, it } from 'vitest'
import { DEVICE, page, send, signInFrom } from '../../support/cookies.js'
import { eachWithInstances } from '../../support/limited-instances.js'
import { failFiveTimes, LOCK_OUT_ENVIRONMENT, right } from '../../support/logins.js'

const { start } = eachWithInstances(LOCK_OUT_ENVIRONMENT)

describe('a device that has signed in before', () => {
  it('can sign in with its device token while the account is locked', async () => {
    const service = await start()
    const account = await service.register()
    const { deviceToken } = (await right(account, service)).data!.login
    await failFiveTimes(account, service)
    expect((await right(account, service)).code).toBe('RATE_LIMITED')
    expect((await right(account, service, { deviceToken })).data?.login.deviceToken).toBe(deviceToken)
    expect((await right(account, service)).code).toBe('RATE_LIMITED')
  })

  it('has attempts of its own, which are limited as well', async () => {
    const service = await start()
    const account = await service.register()
    const { deviceToken } = (await right(account, service)).data!.login
    await failFiveTimes(account, service, { deviceToken })
    expect((await right(account, service, { deviceToken })).code).toBe('RATE_LIMITED')
    expect((await right(account, service)).code).toBeUndefined()
  })

  it('is recognized for one account, and until its sessions are ended', async () => {
    const service = await start()
    const [account, other] = [await service.register(), await service.register()]
    const { deviceToken, token } = (await right(account, service)).data!.login
    await failFiveTimes(other, service)
    expect((await right(other, service, { deviceToken })).code).toBe('RATE_LIMITED')
    expect((await right(other, service, { deviceToken: 'x'.repeat(66) })).code).toBe('RATE_LIMITED')
    await service.succeed('mutation { logoutAll }', {}, token)
    await failFiveTimes(account, service)
    expect((await right(account, service, { deviceToken })).code).toBe('RATE_LIMITED')
  })

  it('is recognized by a cookie in cookie mode, which a logout keeps', async () => {
    const service = await start()
    const account = await service.register()
    const headers = page(service.url)
    const { cookies, cookie, data, setCookie } = await signInFrom(service.url, headers, account)
    const device = cookies.get(DEVICE)
    expect(setCookie.find((line) => line.startsWith(DEVICE))).toMatch(/HttpOnly.*SameSite=Strict/)
    expect(data?.login.token).toBe('')
    const out = await send(service.url, 'mutation { logout }', { headers: { ...headers, cookie } })
    expect(out.cookies.has(DEVICE)).toBe(false)
    await failFiveTimes(account, service)
    const refused = await signInFrom(service.url, headers, account)
    expect(refused.code).toBe('RATE_LIMITED')
    const again = await signInFrom(service.url, { ...headers, cookie: `${DEVICE}=${device}` }, account)
    expect(again.code).toBeUndefined()
  })
})

describe('a device whose user changes the password', () => {
  const change = (password: string) => ({
    input: { oldPassword: password, newPassword: 'another horse', confirmNewPassword: 'another horse' },
  })
  const UPDATE = 'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { deviceToken } }'

  it('gets a new token, because the earlier ones end with the password', async () => {
    const service = await start()
    const account = await service.register()
    const { deviceToken: before, token } = (await right(account, service)).data!.login
    const { deviceToken } = (await service.succeed(UPDATE, change(account.password), token)).updatePassword
    const changed = { ...account, password: 'another horse' }
    await failFiveTimes(changed, service)
    expect((await right(changed, service, { deviceToken: before })).code).toBe('RATE_LIMITED')
    expect((await right(changed, service, { deviceToken })).code).toBeUndefined()
  })

  it('gets it as a cookie in cookie mode', async () => {
    const service = await start()
    const account = await service.register()
    const headers = page(service.url)
    const { cookie } = await signInFrom(service.url, headers, account)
    const updated = await send(service.url, UPDATE, {
      headers: { ...headers, cookie },
      variables: change(account.password),
    })
    expect(updated.data).toEqual({ updatePassword: { deviceToken: '' } })
    const changed = { ...account, password: 'another horse' }
    await failFiveTimes(changed, service)
    const device = `${DEVICE}=${updated.cookies.get(DEVICE)}`
    expect((await signInFrom(service.url, { ...headers, cookie: device }, changed)).code).toBeUndefined()
  })

  it('keeps it when the session is refreshed', async () => {
    const service = await start()
    const account = await service.register()
    const { refreshToken } = await service.login(account)
    const query = 'mutation ($token: String!) { refreshToken(token: $token) { token deviceToken } }'
    expect((await service.succeed(query, { token: refreshToken })).refreshToken.deviceToken).toBeNull()
  })
})
