import { readFileSync } from 'node:fs'
import { createServer, request as forward, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPage, type ObservedPage } from '../../support/browser.js'
import { LOGIN, type Account } from '../../support/client.js'
import { ACCESS, DEVICE, REFRESH } from '../../support/cookies.js'
import { startService, type Service } from '../../support/service.js'

// To a browser, 127.0.0.1 is one site on every port, and localhost is another site.
let listed: Frontend
let unlisted: Frontend
let elsewhere: Frontend
let service: Service
let account: Account
let browser: ObservedPage

interface Frontend {
  origin: string
  server: Server
  /** The Cookie headers of the calls that arrived, the latest last. */
  cookies: (string | undefined)[]
}

/** A page, and on the same origin the service behind a proxy that keeps the Host. */
async function startFrontend(hostname: string): Promise<Frontend> {
  const cookies: Frontend['cookies'] = []
  const server = createServer((incoming, answer) => {
    if (incoming.url === '/')
      return answer.setHeader('content-type', 'text/html').end('<!doctype html><title>app</title>')
    const { method, headers } = incoming
    if (method !== 'OPTIONS') cookies.push(headers.cookie)
    incoming.pipe(
      forward(`${service.url}${incoming.url ?? ''}`, { method, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(answer)
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, cookies, origin: `http://${hostname}:${(server.address() as AddressInfo).port}` }
}

beforeAll(async () => {
  listed = await startFrontend('127.0.0.1')
  unlisted = await startFrontend('127.0.0.1')
  elsewhere = await startFrontend('localhost')
  service = await startService({ ALLOWED_ORIGINS: `${listed.origin},${elsewhere.origin}` })
})
afterAll(async () => {
  for (const { server } of [listed, unlisted, elsewhere]) server.close()
  await service.stop()
})
beforeEach(async () => {
  account = await service.register()
  browser = await openPage()
})
afterEach(() => browser.close())

const PROFILE = '{ profile { email } }'
const WITH_COOKIES = { 'content-type': 'application/json', 'x-postern-cookies': '1' }

interface Call {
  url: string
  query: string
  variables?: object
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  mode?: 'cors' | 'no-cors'
}

/** What a script of the open page can read. */
const call = (options: Call): Promise<string> =>
  browser.page.evaluate(async ({ url, query, variables = {}, method = 'POST', headers = {}, mode = 'cors' }) => {
    const address = method === 'GET' ? `${url}/graphql?query=${encodeURIComponent(query)}` : `${url}/graphql`
    const body = method === 'POST' ? JSON.stringify({ query, variables }) : null
    try {
      return await (await fetch(address, { method, headers, mode, body, credentials: 'include' })).text()
    } catch (error) {
      return String(error)
    }
  }, options)

const signIn = (url: string) => {
  const variables = { input: { email: account.email, password: account.password } }
  return call({ url, query: LOGIN, variables, headers: WITH_COOKIES })
}

describe('a browser', () => {
  it("keeps the session of a listed page across a reload, and scripts can't read it", async () => {
    await browser.page.goto(listed.origin)
    expect(JSON.parse(await signIn(service.url))).toMatchObject({ data: { login: { token: '', refreshToken: '' } } })
    await browser.page.reload()
    expect(await call({ url: service.url, query: PROFILE, headers: WITH_COOKIES })).toContain(account.email)

    // A cookie belongs to a host on all its ports: only HttpOnly keeps it from this script.
    expect(await browser.page.evaluate('document.cookie')).toBe('')
    const kept = await browser.page.context().cookies()
    expect(kept.map(({ name }) => name).toSorted()).toEqual([ACCESS, DEVICE, REFRESH])
    for (const cookie of kept)
      expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/', domain: '127.0.0.1' })
  })

  it('stays signed in after the access token has expired, with the script from docs/cookies.md', async () => {
    const docs = readFileSync(new URL('../../../docs/cookies.md', import.meta.url), 'utf8')
    const script = /```js\n(.+?)```/s.exec(docs)?.[1]?.replace(/https:.+?(?=')/, `${service.url}/graphql`) ?? ''
    await browser.page.goto(listed.origin)
    const run = (code: string) => browser.page.evaluate(`(async () => { ${script}; return ${code} })()`)

    expect(await run(`signIn('${account.email}', '${account.password}')`)).toMatchObject({
      data: { login: { user: { id: account.id } } },
    })
    await browser.page.context().clearCookies({ name: ACCESS })
    const answers = await run(`Promise.all([1, 2, 3].map(() => graphql('${PROFILE}')))`)
    expect(answers).toEqual(Array(3).fill({ data: { profile: { email: account.email } } }))
    expect(await run(`graphql('mutation { logout }')`)).toEqual({ data: { logout: true } })
    expect(await run(`graphql('${PROFILE}')`)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  it('needs no list if page and service share an origin, even for a GET, which has no Origin', async () => {
    await browser.page.goto(unlisted.origin)
    await signIn('')
    expect(await call({ url: '', query: PROFILE, headers: WITH_COOKIES })).toContain(account.email)
    expect(await call({ url: '', query: PROFILE, headers: WITH_COOKIES, method: 'GET' })).toContain(account.email)
    expect(await call({ url: '', query: 'mutation { logout }', headers: WITH_COOKIES })).toContain('{"logout":true}')
    const left = await browser.page.context().cookies()
    expect(left.map(({ name }) => name)).toEqual([DEVICE])
  })

  it('does not let an unlisted page of the same site use the session, although it sends the cookies', async () => {
    await browser.page.goto(listed.origin)
    await signIn(listed.origin)
    await browser.page.goto(unlisted.origin)
    const attack = { url: listed.origin, query: 'mutation { logout }' }
    expect(await call({ ...attack, headers: WITH_COOKIES })).toBe('TypeError: Failed to fetch')
    expect(await call({ ...attack, query: PROFILE, headers: WITH_COOKIES })).toBe('TypeError: Failed to fetch')
    // What needs no leave of the service does arrive, and with the cookies.
    await call({ ...attack, mode: 'no-cors', headers: { 'content-type': 'text/plain' } })
    expect(listed.cookies.at(-1)).toContain(ACCESS)

    await browser.page.goto(listed.origin)
    expect(await call({ url: listed.origin, query: PROFILE, headers: WITH_COOKIES })).toContain(account.email)
  })

  it('sends no cookies from a page on another site, and the service refuses to sign in there', async () => {
    await browser.page.goto(listed.origin)
    await signIn(listed.origin)
    const before = await browser.page.context().cookies()
    await browser.page.goto(elsewhere.origin)
    // This one is listed, so that nothing but SameSite=Strict is at work.
    const answer = await call({ url: listed.origin, query: PROFILE, headers: WITH_COOKIES })
    expect(listed.cookies.at(-1)).toBeUndefined()
    expect(answer).toContain('UNAUTHENTICATED')
    expect(await signIn(listed.origin)).toContain('FORBIDDEN')
    expect(await browser.page.context().cookies()).toEqual(before)
  })
})
