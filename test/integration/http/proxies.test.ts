import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Account } from '../../support/client.js'
import { page, send, signInFrom } from '../../support/cookies.js'
import { rawPost, sendRaw } from '../../support/raw-http.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'

const PROFILE = '{ profile { id } }'
const SESSIONS = '{ sessions { ipAddress } }'
const ORIGIN = page('https://auth.example.com')

/** Takes requests from anyone; the others trust this machine as their proxy. */
let service: Service
let account: Account
const instances: Instance[] = []

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
beforeEach(async () => {
  account = await service.register()
})
afterEach(async () => {
  for (const instance of instances.splice(0)) await instance.stop()
})

async function behindProxy(env: Record<string, string> = {}): Promise<string> {
  const urls = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  const instance = await startInstance({ ...urls, TRUST_PROXY: '127.0.0.1', WEB: 'true', ...env })
  instances.push(instance)
  return instance.url
}

/** The user that the cookies sign in, if the proxy sends these headers, and the address in the list of sessions. */
async function signIn(url: string, proxy: Record<string, string>) {
  const headers = { ...ORIGIN, ...proxy }
  const { code, cookie } = await signInFrom(url, headers, account)
  if (code !== undefined) return code
  expect((await send(url, PROFILE, { headers: { ...headers, cookie } })).data).toEqual({ profile: { id: account.id } })
  return ((await send(url, SESSIONS, { headers: { ...headers, cookie } })).data as { sessions: object[] }).sessions[0]
}

describe('behind a trusted proxy', () => {
  it('the page of the first X-Forwarded-Host signs in', async () => {
    const url = await behindProxy()
    const proxy = { 'x-forwarded-host': 'auth.example.com, edge.internal', 'x-forwarded-for': '192.0.2.7' }
    expect(await signIn(url, proxy)).toEqual({ ipAddress: '192.0.2.7' })
    expect(await signIn(url, { 'x-forwarded-host': 'edge.internal, auth.example.com' })).toBe('FORBIDDEN')
  })

  it('the page of the host in Forwarded signs in', async () => {
    const url = await behindProxy()
    const forwarded = 'for="[2001:db8::17]:4711";host=auth.example.com;proto=https, for=127.0.0.1;host=edge.internal'
    expect(await signIn(url, { forwarded })).toEqual({ ipAddress: '2001:db8::17' })
    expect(await signIn(url, { forwarded: 'for=_hidden;host=auth.example.com' })).toEqual({ ipAddress: null })
  })

  it('Forwarded of a client does not count beside X-Forwarded-For, nor does any header from another peer', async () => {
    const forwarded = 'for=203.0.113.66;host=auth.example.com'
    expect(await signIn(await behindProxy(), { forwarded, 'x-forwarded-for': '192.0.2.7' })).toBe('FORBIDDEN')
    expect(await signIn(service.url, { forwarded })).toBe('FORBIDDEN')
    expect(await signIn(service.url, { 'x-forwarded-host': 'auth.example.com' })).toBe('FORBIDDEN')
  })

  it('only Forwarded counts with PROXY_HEADERS=forwarded', async () => {
    const url = await behindProxy({ PROXY_HEADERS: 'forwarded' })
    const spoofed = { 'x-forwarded-for': '203.0.113.66', 'x-forwarded-host': 'auth.example.com' }
    expect(await signIn(url, spoofed)).toBe('FORBIDDEN')
    const forwarded = 'for=192.0.2.7;host=auth.example.com'
    expect(await signIn(url, { ...spoofed, forwarded })).toEqual({ ipAddress: '192.0.2.7' })
  })

  it('a malformed header is refused with its name, on both paths', async () => {
    const url = await behindProxy()
    const check = rawPost({ query: '{ checkUsernameAvailability(username: "ada") { available } }' })
    for (let i = 0; i < 3; i++) expect((await sendRaw(url, check)).status).toBe(200)
    for (const header of [{ forwarded: 'for="' }, { 'x-forwarded-host': 'a b' }, { forwarded: 'host="a b"' }]) {
      const answer = await sendRaw(url, { ...check, headers: { ...check.headers, ...header } })
      expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('Forwarded')])
    }
  })

  it('a page is left for the first host', async () => {
    const url = await behindProxy()
    const headers = { 'x-forwarded-host': 'auth.example.com, edge.internal' }
    const response = await fetch(`${url}/return?to=https://auth.example.com/inbox`, { headers, redirect: 'manual' })
    expect(response.headers.get('location')).toBe('/inbox')
  })
})
