import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Account } from '../../../test/support/client.js'
import { startService, type Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'
import { createClient, type Client, type SessionState } from '../src/index.js'
import { createDoor, startProxy, type Proxy } from './support/proxy.js'

let service: Service
let proxy: Proxy
let client: Client
let account: Account
let states: SessionState[]

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
beforeEach(async () => {
  proxy = await startProxy(service.url)
  client = createClient({ url: proxy.url })
  account = await service.register()
  states = []
  client.subscribe((state) => states.push(state))
})
afterEach(() => proxy.close())

const signIn = () => client.login({ email: account.email, password: account.password })

it('is signed out at first, then the user of the login, and signed out with a reason after the logout', async () => {
  expect(client.state).toEqual({ status: 'signed-out', reason: null })
  const user = await signIn()
  expect(client.state).toEqual({ status: 'signed-in', user })
  await client.logout()
  expect(client.state).toEqual({ status: 'signed-out', reason: 'signed-out' })
  expect(states.map(({ status }) => status)).toEqual(['signed-in', 'signed-out'])
})

it('is not changed by a login that is refused', async () => {
  const { state } = client
  await expect(client.login({ email: account.email, password: 'wrong' })).rejects.toThrow()
  expect(client.state).toBe(state)
})

it('keeps a newer user when an older response arrives late', async () => {
  await signIn()
  const slow = createDoor()
  proxy.onAnswer = ({ query }) => (query.includes('{profile') ? slow.opened : undefined)
  const outdated = client.profile()
  await until('the profile is answered', () => proxy.of('{profile')[0]?.answer)
  const user = await client.updateProfile({ firstName: 'Ada' })
  slow.open()
  expect((await outdated).firstName).toBeNull()
  expect(client.state).toEqual({ status: 'signed-in', user })
})

it('loads nothing before there is a subscriber, and once for several', async () => {
  // The service sets cookies only for pages, and fetch in Node names no origin.
  const fetchFromPage: typeof fetch = (url, init) =>
    fetch(url, { ...init, headers: { ...(init?.headers as object), origin: proxy.origin } })
  const cookies = createClient({ url: proxy.url, cookies: true, fetch: fetchFromPage })
  expect(cookies.state).toEqual({ status: 'loading' })
  const stops = [cookies.subscribe(() => undefined), cookies.subscribe(() => undefined)]
  await until('it has loaded', () => cookies.state.status !== 'loading')
  expect(cookies.state).toEqual({ status: 'signed-out', reason: null })
  expect(proxy.of('{profile')).toHaveLength(1)
  for (const stop of stops) stop()
})
