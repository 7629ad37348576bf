import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { hostileTokens, KEYS } from '../../../packages/session/test/support/hostile-tokens.js'
import { unique } from '../../support/client.js'
import { freePort } from '../../support/free-port.js'
import { testRedisUrl } from '../../support/redis.js'
import { runtime } from '../../support/runtimes.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../support/service.js'
import { runSnippet, snippetsOf, type SnippetOptions } from '../../support/snippets.js'

const ENDED = { code: 0, signal: null, stderr: '' }
const LOGOUT = 'mutation { logout }'

let bun: string
let service: Service

beforeAll(async () => {
  bun = await runtime('bun')
  service = await startService()
})
afterAll(() => service.stop())

function run(code: string, language: 'ts' | 'js', options: SnippetOptions = {}) {
  const program = runSnippet({ heading: 'Bun', language, code }, { ...options, executable: bun })
  onTestFinished(async () => {
    await program.terminate()
  })
  return program
}

function readme(name: 'session' | 'client', heading: string): string {
  const snippet = snippetsOf(`packages/${name}/README.md`).find((one) => one.heading === heading)
  if (!snippet) throw new Error(`The README of ${name} has no snippet under ${heading}`)
  return snippet.code
}

const statusOf = async (url: string, token: string) =>
  (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status

it('the programs really run in Bun', async () => {
  const { stdout, ...end } = await run('console.log(process.versions.bun)', 'js').finished
  expect(end).toEqual(ENDED)
  expect(stdout).toMatch(/^\d+\.\d+/)
})

it('the quick start of @postern/session knows users, follows logouts, and ends on SIGTERM', async () => {
  const { id, token } = await service.signUp()
  const port = await freePort()
  const env = { JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET, REDIS_URL: testRedisUrl() }
  const program = run(readme('session', 'Quick start'), 'js', { env, replace: { '8081': `${port}` } })
  const url = `http://localhost:${port}`
  await program.listening(url)
  const me = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } })
  expect(await me.json()).toMatchObject({ id })
  await service.succeed(LOGOUT, {}, token)
  await program.until('the token is refused', async () => (await statusOf(`${url}/me`, token)) === 401)
  expect(await program.terminate()).toMatchObject(ENDED)
})

it.each(['@postern/session', '@postern/session/edge'])(
  '%s accepts and refuses every token as Node.js does',
  async (entry) => {
    const tokens = hostileTokens()
    const create = {
      '@postern/session': 'const validate = createTokenVerifier(keys).verify',
      '@postern/session/edge': "const validate = createEdgeValidator({ ...keys, revocations: 'none' }).validate",
    }[entry]
    const code = `
    import * as session from '${entry}'
    const { createTokenVerifier, createEdgeValidator } = session
    const keys = ${JSON.stringify(KEYS)}
    ${create}
    const outcomes = []
    for (const token of ${JSON.stringify(tokens.map(({ token }) => token))}) {
      try {
        await validate(token)
        outcomes.push('accepted')
      } catch (error) {
        outcomes.push(error.code ?? String(error))
      }
    }
    console.log(JSON.stringify(outcomes))`
    const { stdout, ...end } = await run(code, 'js').finished
    expect(end).toEqual(ENDED)
    const outcomes = JSON.parse(stdout) as string[]
    expect(tokens.map(({ token }, i) => ({ token, outcome: outcomes[i] }))).toEqual(tokens)
  },
)

it('the server of @postern/session/edge knows users, and refuses a token at once after the logout', async () => {
  const { id, token } = await service.signUp()
  const port = await freePort()
  const code = readme('session', 'Cloudflare Workers, Next.js middleware, Deno and Bun')
  const keys = `secret: '${TEST_ENVIRONMENT.JWT_SECRET}'`
  const replace = {
    "jwksUrl: 'https://auth.example.com/.well-known/jwks.json'": keys,
    'https://auth.example.com': service.url,
  }
  // Bun serves what a program exports by default.
  const program = run(code, 'ts', { env: { PORT: `${port}` }, replace })
  const url = `http://localhost:${port}`
  await program.listening(url)
  const me = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  expect(await me.json()).toEqual({ userId: id, revocationChecked: true })
  await service.succeed(LOGOUT, {}, token)
  expect(await statusOf(url, token)).toBe(401)
})

it('the quick start of @postern/client signs up, in and out, and the program ends', async () => {
  const [username, email] = [unique(), `${unique()}@example.com`]
  const replace = { 'https://auth.example.com': service.url, 'ada@example.com': email, "'ada'": `'${username}'` }
  const { stdout, ...end } = await run(readme('client', 'Quick start'), 'ts', { replace }).finished
  expect(end).toEqual(ENDED)
  expect(stdout).toBe(`${email} 1\n`)
})
