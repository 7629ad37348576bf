import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client, fetchExchange } from '@urql/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../../packages/client/test/support/bundle.js'
import { run } from '../../../packages/client/test/support/tabs.js'
import { openPage, type ObservedPage } from '../../support/browser.js'
import { LOGIN } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service
let pages: Server
let browser: ObservedPage
let methods: string[]

beforeAll(async () => {
  const script = await bundle('test/fixtures/urql-page.ts')
  pages = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><link rel="icon" href="data:,"><script type="module">${script}</script>`)
  })
  await once(pages.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
  service = await startService({ ALLOWED_ORIGINS: origin })
  browser = await openPage()
  browser.page.on('request', (request) => request.url().includes('/graphql') && methods.push(request.method()))
  await browser.page.goto(origin)
})
afterAll(async () => {
  await browser.close()
  pages.closeAllConnections()
  pages.close()
  await service.stop()
})

const POLICY = '{ policy { passwordMinLength } }'
const PROFILE = '{ profile { email } }'

describe('urql with its defaults, which sends queries by GET', () => {
  it('works in a page of an allowed origin, signed in or not', async () => {
    const { email, password } = await service.register()
    methods = []
    const [policy, login, profile] = (await run(
      browser.page,
      `(async () => {
        const urql = createUrql(${JSON.stringify(`${service.url}/graphql`)}, true)
        const input = ${JSON.stringify({ email, password })}
        return [
          await createUrql(${JSON.stringify(`${service.url}/graphql`)}, false).query('${POLICY}', {}),
          await urql.mutation(${JSON.stringify(LOGIN)}, { input }),
          await urql.query('${PROFILE}', {}),
        ].map(({ data, error }) => ({ data, error: error?.message }))
      })()`,
    )) as { data: any; error: string | undefined }[]
    expect([policy?.error, login?.error, profile?.error]).toEqual([undefined, undefined, undefined])
    expect(policy?.data.policy.passwordMinLength).toBe(8)
    expect(profile?.data.profile).toEqual({ email })
    expect(methods.filter((method) => method !== 'OPTIONS')).toEqual(['GET', 'POST', 'GET'])
  })

  it('works on a server with a Bearer token, and without one only by POST', async () => {
    const { token, email } = await service.signUp()
    const url = `${service.url}/graphql`
    const fetchOptions = { headers: { authorization: `Bearer ${token}` } }
    const signedIn = new Client({ url, exchanges: [fetchExchange], fetchOptions })
    expect((await signedIn.query(PROFILE, {})).data).toMatchObject({ profile: { email } })

    const byGet = await new Client({ url, exchanges: [fetchExchange] }).query(POLICY, {})
    expect(byGet.error?.graphQLErrors[0]?.message).toContain('apollo-require-preflight: 1')
    const byPost = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false })
    expect((await byPost.query(POLICY, {})).data).toMatchObject({ policy: { passwordMinLength: 8 } })
  })
})
