import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Service, startService } from '../../../test/support/service.js'
import { createDpopKey, dpopFetch } from '../src/dpop.js'
import { createClient, PosternError } from '../src/index.js'
import { bundle } from './support/bundle.js'

let service: Service
beforeAll(async () => {
  service = await startService({ DPOP_NONCE: 'required' })
})
afterAll(() => service.stop())

/** Records what is sent. */
function recorder() {
  const requests: Headers[] = []
  const send: typeof fetch = (input, init) => {
    requests.push(new Headers(init?.headers))
    return fetch(input, init)
  }
  return { requests, send }
}

const cnfOf = (token: string): unknown =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { cnf?: unknown }).cnf

it('binds the session of a client to its key, and repeats a request only for a new nonce', async () => {
  const account = await service.register()
  const { requests, send } = recorder()
  const client = createClient({ url: `${service.url}/graphql`, fetch: dpopFetch({ fetch: send }) })
  const { email, password } = account
  expect((await client.login({ email, password })).id).toBe(account.id)
  expect(requests).toHaveLength(2)
  expect((await client.profile()).id).toBe(account.id)
  expect(requests).toHaveLength(3)
  expect(requests[2]?.get('authorization')).toMatch(/^DPoP /)
  const token = await client.getAccessToken()
  expect(cnfOf(token)).toEqual({ jkt: expect.stringMatching(/^[\w-]{43}$/) as string })
  expect((await service.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
  await client.logout()
  client.close()
})

it('sends requests to other services with a proof, from a key that can be stored', async () => {
  const account = await service.register()
  const key = await createDpopKey()
  expect(key.privateKey.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('jwk', key.privateKey)).rejects.toThrow()
  const client = createClient({ url: `${service.url}/graphql`, fetch: dpopFetch({ key }) })
  await client.login({ email: account.email, password: account.password })
  const fetchAgain = dpopFetch({ key: structuredClone(key) })
  const request = new Request(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await client.getAccessToken()}` },
    body: JSON.stringify({ query: '{ profile { id } }' }),
  })
  expect(await (await fetchAgain(request)).json()).toEqual({ data: { profile: { id: account.id } } })
  client.close()
})

it('does not work with cookies, and the service says so', async () => {
  const account = await service.register()
  const send: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('origin', service.url)
    return fetch(input, { ...init, headers })
  }
  const client = createClient({ url: `${service.url}/graphql`, cookies: true, fetch: dpopFetch({ fetch: send }) })
  const { email, password } = account
  const error = await client.login({ email, password }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(PosternError)
  expect(error).toMatchObject({ code: 'FORBIDDEN' })
  client.close()
})

it('is small besides the client', async () => {
  const code = await bundle('packages/client/src/dpop.ts')
  const size = gzipSync(code, { level: 9 }).length
  console.log(`dpop: ${size} bytes gzipped, ${code.length} minified`)
  expect(code).not.toMatch(/^import/)
  expect(code).not.toContain('checkUsername')
  expect(size).toBeLessThan(1200)
})
