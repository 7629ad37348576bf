import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient, type Client } from '../src/index.js'
import type { Account } from '../../../test/support/client.js'
import { startService, type Service } from '../../../test/support/service.js'
import { startProxy, type Proxy } from './support/proxy.js'

let service: Service
let proxy: Proxy
let client: Client
let account: Account

beforeAll(async () => {
  service = await startService({ RATE_LIMIT_LOGIN: '2/3600' })
})
afterAll(() => service.stop())
beforeEach(async () => {
  proxy = await startProxy(service.url)
  client = createClient({ url: proxy.url })
  account = await service.register()
})
afterEach(() => proxy.close())

const signIn = (more: object = {}, by = client) =>
  by.login({ email: account.email, password: account.password, ...more })

/** Someone else guesses passwords until the account is locked. */
async function lock() {
  const stranger = createClient({ url: `${service.url}/graphql` })
  for (let n = 0; n < 2; n++)
    await expect(signIn({ password: 'a guess' }, stranger)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(signIn({}, stranger)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
}

describe('a client without cookies', () => {
  it('signs in again while someone else has locked the account', async () => {
    await signIn()
    await client.logout()
    await lock()
    expect(await signIn()).toMatchObject({ id: account.id })
    expect(proxy.of('login(')[0]?.variables).not.toHaveProperty('input.deviceToken')
    expect(proxy.of('login(')[1]?.variables).toHaveProperty('input.deviceToken', client.deviceToken)
  })

  it('does so after a change of the password', async () => {
    await signIn()
    const before = client.deviceToken
    await client.changePassword({ oldPassword: account.password, newPassword: 'another horse' })
    account.password = 'another horse'
    expect(client.deviceToken).not.toBe(before)
    await lock()
    expect(await signIn()).toMatchObject({ id: account.id })
  })

  it('gives its token to the app, which passes it to the next client', async () => {
    expect(client.deviceToken).toBeUndefined()
    await signIn()
    await lock()
    const next = createClient({ url: `${service.url}/graphql` })
    const { deviceToken } = client
    expect(await signIn({ deviceToken }, next)).toMatchObject({ id: account.id })
  })
})
