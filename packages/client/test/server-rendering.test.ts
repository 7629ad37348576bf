import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Account } from '../../../test/support/client.js'
import { ACCESS, page, REFRESH, send, signInFrom } from '../../../test/support/cookies.js'
import { until } from '../../../test/support/wait.js'
import { createClient, type User } from '../src/index.js'
import { startProxy, type Proxy } from './support/proxy.js'
import { isRefused, startShortLived, type ShortLived } from './support/short-lived.js'
import { findSnippet, withFile } from './support/snippets.js'

/** A refresh whose cookies are lost would end the session at once: there is no grace period here. */
let instances: ShortLived
let proxy: Proxy

beforeAll(async () => {
  instances = await startShortLived()
})
afterAll(() => instances.stop())
beforeEach(async () => {
  proxy = await startProxy(instances.service.url)
})
afterEach(() => proxy.close())

/** A visitor's session as the browser keeps it, with an access token that has expired or is good. */
async function visit(access: 'expired' | 'good' = 'good') {
  const account = await instances.service.register()
  const { url } = access === 'good' ? instances.service : instances.short
  const visitor = await signInFrom(url, page(url), account)
  if (access === 'expired')
    await until('the access token has expired', () => isRefused(instances.service, visitor.access))
  return { ...visitor, account }
}

const refreshes = () => proxy.of('refreshToken(').length

/** Whether the browser can still refresh the session. */
async function isAlive(cookie: string): Promise<boolean> {
  const { url } = instances.service
  const refreshed = await send(url, 'mutation { refreshToken(token: "") { expiresAt } }', {
    headers: { ...page(url), cookie },
  })
  return refreshed.code === undefined
}

describe('the function of the README for servers', () => {
  type CurrentUser = (request: Request) => Promise<User | null>

  const withCurrentUser = (use: (currentUser: CurrentUser) => Promise<void>) => {
    const snippet = findSnippet('On a server that renders pages', 0, { 'http://localhost:8080': proxy.origin })
    return withFile('current-user.ts', snippet.code, async (path) => {
      const module = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as { currentUser: CurrentUser }
      await use(module.currentUser)
    })
  }
  const request = (cookie?: string) =>
    new Request('http://app.example/account', { headers: { ...(cookie && { cookie }) } })

  it('never gives one visitor the data of another, though all load at the same time', () =>
    withCurrentUser(async (currentUser) => {
      const visitors = await Promise.all([visit(), visit(), visit()])
      const turns = Array.from({ length: 10 }, () => visitors).flat()
      const users = await Promise.all(turns.map(({ cookie }) => currentUser(request(cookie))))
      expect(users.map((user) => user?.email)).toEqual(turns.map(({ account }) => account.email))
      expect(await currentUser(request())).toBeNull()
      expect(await currentUser(request(`other=1; ${REFRESH}=x`))).toBeNull()
    }))

  it('leaves the session alive when the access token has expired, and sends the refresh cookie nowhere', () =>
    withCurrentUser(async (currentUser) => {
      const { cookie, refresh } = await visit('expired')
      expect(await currentUser(request(cookie))).toBeNull()
      expect([proxy.calls.length, refreshes()]).toEqual([1, 0])
      expect(JSON.stringify(proxy.calls)).not.toContain(refresh)
      expect(await isAlive(cookie)).toBe(true)
    }))
})

describe('a client with cookies on a server', () => {
  const forwarding = (cookie: string, headers: Record<string, string> = page(proxy.origin)) =>
    createClient({
      url: proxy.url,
      cookies: true,
      fetch: (input, init) => fetch(input, { ...init, headers: { ...(init?.headers as object), ...headers, cookie } }),
    })

  it('acts for the visitor while the access token is good, if it names the origin', async () => {
    const { cookie, account } = await visit()
    expect(await forwarding(cookie).profile()).toMatchObject({ email: account.email })
    await expect(forwarding(cookie, {}).profile()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(refreshes()).toBe(0)
  })

  it.each<[what: string, call: (client: ReturnType<typeof createClient>, account: Account) => Promise<unknown>]>([
    ['profile', (client) => client.profile()],
    ['request', (client) => client.request('{ profile { id } }')],
    ['logout', (client) => client.logout()],
    ['logoutAll', (client) => client.logoutAll()],
    [
      'changePassword',
      (client, { password }) => client.changePassword({ oldPassword: password, newPassword: 'another horse' }),
    ],
  ])('never refreshes, so that %s with an expired token leaves the session alive', async (_what, call) => {
    const { cookie, account } = await visit('expired')
    const client = forwarding(cookie)
    await expect(call(client, account)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(refreshes()).toBe(0)
    expect(await isAlive(cookie)).toBe(true)
  })

  it('lets no framework cache a response', async () => {
    const inits: (RequestInit | undefined)[] = []
    const observed: typeof fetch = (input, init) => {
      inits.push(init)
      return fetch(input, init)
    }
    await createClient({ url: proxy.url, fetch: observed }).policy()
    expect(inits).toMatchObject([{ cache: 'no-store', redirect: 'manual' }])
    // Options that workerd refuses.
    expect(inits[0]).not.toHaveProperty('credentials')
    expect(inits[0]).not.toHaveProperty('keepalive')
  })
})

it('passes on what Next.js throws when a page cannot be rendered at build time', async () => {
  const dynamic = Object.assign(new Error('Dynamic server usage'), { digest: 'DYNAMIC_SERVER_USAGE' })
  const client = createClient({ url: proxy.url, fetch: () => Promise.reject(dynamic) })
  await expect(client.policy()).rejects.toBe(dynamic)
})

it('names the cookie that the README reads', () => {
  expect(findSnippet('On a server that renders pages').code).toContain(`${ACCESS}=`)
})

/** Forwards the cookies of one visitor, as a server that renders pages does. */
function fetchFor(origin: string): typeof fetch {
  const jar = new Map<string, string>()
  return async (url, init) => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const answer = await fetch(url, { ...init, headers: { ...(init?.headers as object), origin, cookie } })
    for (const [, name = '', value = ''] of answer.headers
      .getSetCookie()
      .map((line) => /^(.+?)=(.*?);/.exec(line) ?? []))
      jar.set(name, value)
    return answer
  }
}

it('keeps the visitors of a server that renders pages apart', async () => {
  const visitor = () => createClient({ url: proxy.url, cookies: true, fetch: fetchFor(proxy.origin) })
  const [ada, bob] = [visitor(), visitor()]
  const signOuts: string[] = []
  ada.onSignOut((reason) => signOuts.push(reason))
  bob.onSignOut((reason) => signOuts.push(reason))
  const [account, other] = [await instances.service.register(), await instances.service.register()]
  await ada.login({ email: account.email, password: account.password })
  await bob.login({ email: other.email, password: other.password })
  expect((await ada.profile()).email).toBe(account.email)
  expect(signOuts).toEqual([])
  await ada.logout()
  expect((await bob.profile()).email).toBe(other.email)
  expect(signOuts).toEqual(['signed-out'])
})
