import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { page } from '../../support/cookies.js'
import { compileAll } from '../../support/examples.js'
import { startService, type Service } from '../../support/service.js'
import { runSnippet, snippetsOf } from '../../support/snippets.js'

/** What the snippets leave out. */
const SURROUNDINGS = `
  import { createClient, usernameChecker } from '@postern/client'
  import { createSessionValidator } from '@postern/session'
  import { requireAuth } from '@postern/session/express'
  declare const app: import('express').Express
  declare const show: (state: unknown) => void
  declare const redis: string, secret: string, revocationKey: string
`

it('compiles the TypeScript of the README, docs/keys.md and docs/paseto.md', async () => {
  const modules = ['README.md', 'docs/keys.md', 'docs/paseto.md'].flatMap((file) =>
    snippetsOf(file).map(({ code }, i) => ({
      file: `${file.replaceAll('/', '-')}-${i}.mts`,
      code: SURROUNDINGS + code,
    })),
  )
  expect(modules).toHaveLength(5)
  expect(await compileAll(modules, ['client', 'session'], { lib: ['es2024', 'dom'] })).toEqual([])
})

describe('the functions of docs/cookies.md', () => {
  let service: Service

  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  /** Node.js keeps no cookies. This does what a browser does, and drops an expired access cookie. */
  const asBrowser = (origin: string) => `
    const cookies = new Map()
    const fetchAlone = fetch
    let requests = 0
    globalThis.fetch = async (url, options) => {
      requests++
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
      const headers = { ...options.headers, origin: ${JSON.stringify(page(origin)['origin'])}, cookie }
      const response = await fetchAlone(url, { ...options, headers })
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
        cookies.set(name, value)
      }
      return response
    }
  `

  it('sign in, and refresh once for all calls when the access token has expired', async () => {
    const { id, email, password } = await service.register()
    const [snippet] = snippetsOf('docs/cookies.md')
    const append = `${asBrowser(service.url)}
      const { data } = await signIn(${JSON.stringify(email)}, ${JSON.stringify(password)})
      cookies.delete('__Host-postern-access')
      requests = 0
      const profiles = await Promise.all([1, 2].map(() => graphql('{ profile { id } }')))
      console.log(JSON.stringify({ user: data.login.user, profiles, requests }))`
    const { code, stdout, stderr } = await runSnippet(snippet!, {
      replace: { 'https://auth.example.com': service.url },
      append,
    }).finished
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const profile = { data: { profile: { id } } }
    expect(JSON.parse(stdout)).toEqual({ user: { id }, profiles: [profile, profile], requests: 5 })
  })
})
