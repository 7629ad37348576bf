import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { ACCESS, page, signInFrom } from '../../../test/support/cookies.js'
import { createProver } from '../../../test/support/dpop.js'
import { freePort } from '../../../test/support/free-port.js'
import { keyCommands, keysFolder } from '../../../test/support/keys.js'
import { testRedisUrl } from '../../../test/support/redis.js'
import { startRedis } from '../../../test/support/redis-server.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../../test/support/service.js'
import { runSnippet, snippetsOf, type Snippet, type SnippetOptions } from '../../../test/support/snippets.js'

const snippets = snippetsOf('packages/session/README.md')
const tested = new Set<Snippet>()

const LOGOUT = 'mutation { logout }'
const PAGE = 'https://app.example.com'

let service: Service
let env: Record<string, string>

beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: PAGE })
  env = { JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET, REDIS_URL: testRedisUrl() }
})
afterAll(() => service.stop())

function start(heading: string, options: SnippetOptions = {}, which = 0) {
  const snippet = snippets.filter((one) => one.heading === heading)[which]
  if (!snippet) throw new Error(`The README has no snippet under ${heading}`)
  tested.add(snippet)
  const program = runSnippet(snippet, { env, ...options })
  onTestFinished(async () => {
    await program.terminate()
  })
  return program
}

/** Starts a snippet that listens on port 8081, on a free port instead. */
async function startServer(heading: string, replace: Readonly<Record<string, string>> = {}) {
  const port = await freePort()
  const program = start(heading, { replace: { '8081': `${port}`, ...replace } })
  const url = `http://localhost:${port}`
  await program.listening(url)
  return {
    ...program,
    url,
    async get(
      path: string,
      token?: string,
      { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
    ) {
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const response = await fetch(url + path, { method, headers: { ...authorization, ...headers } })
      return { status: response.status, text: await response.text() }
    },
    graphql: async (query: string, token?: string) => {
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const headers = { 'content-type': 'application/json', ...authorization }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
      return { status: response.status, text: await response.text() }
    },
  }
}

/** Opens a connection that is never idle: each write completes a request and starts the next one. */
async function keepBusy(url: string) {
  const half = 'GET / HTTP/1.1\r\nhost: localhost\r\n'
  const socket = connect(Number(new URL(url).port), 'localhost')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', () => socket.write(`\r\n${half}`))
  socket.write(`${half}\r\n${half}`)
  await once(socket, 'data')
}

const ENDED = { code: 0, signal: null, stderr: '' }

/** How long it waits for connections that are busy, where the snippet says so. */
const PATIENCE: Readonly<Record<string, string>> = { '5_000': '100' }

/** SIGTERM ends it, although one connection is idle and another one busy. */
async function expectEnd(api: Awaited<ReturnType<typeof startServer>>) {
  await keepBusy(api.url)
  expect(await api.terminate()).toMatchObject(ENDED)
}

it.each([
  ['Quick start', PATIENCE],
  ['Fastify', {}],
  ['Hono', PATIENCE],
  ['NestJS', PATIENCE],
])('%s: users, roles and logouts, and SIGTERM ends the program', async (heading, replace) => {
  const { id, token } = await service.signUp()
  const api = await startServer(heading, replace)
  expect(await api.get('/hello')).toMatchObject({ status: 200, text: 'Hello stranger' })
  expect(await api.get('/hello', token)).toMatchObject({ status: 200, text: `Hello ${id}` })
  expect(await api.get('/me')).toMatchObject({ status: 401 })
  expect(JSON.parse((await api.get('/me', token)).text)).toMatchObject({ id })
  expect(await api.get('/users', token, { method: 'DELETE' })).toMatchObject({ status: 403 })
  await service.succeed(LOGOUT, {}, token)
  await api.until('the token is refused', async () => (await api.get('/me', token)).status === 401)
  await expectEnd(api)
})

it('node:http: users and logouts, and SIGTERM ends the program', async () => {
  const { id, token } = await service.signUp()
  const api = await startServer('node:http', PATIENCE)
  expect(await api.get('/')).toMatchObject({ status: 401 })
  expect(await api.get('/', token)).toMatchObject({ status: 200, text: `Hello ${id}` })
  await service.succeed(LOGOUT, {}, token)
  await api.until('the token is refused', async () => (await api.get('/', token)).status === 401)
  await expectEnd(api)
})

const YOGA = 'GraphQL Yoga, Next.js and other servers of fetch requests'

it.each([
  ['Apollo Server', {}],
  [YOGA, PATIENCE],
])('%s: users and logouts, and SIGTERM ends the program', async (heading, replace) => {
  const { id, token } = await service.signUp()
  const api = await startServer(heading, replace)
  expect((await api.graphql('{ hello }')).text).toContain('Hello stranger')
  expect((await api.graphql('{ me }', token)).text).toContain(id)
  expect(await api.graphql('{ me }')).toMatchObject({ status: 401 })
  await service.succeed(LOGOUT, {}, token)
  await api.until('the token is refused', async () => (await api.graphql('{ me }', token)).status === 401)
  await expectEnd(api)
})

it('Cookies: a page that signed in with cookies, one that may not use them, and SIGTERM', async () => {
  const account = await service.register()
  const { access } = await signInFrom(service.url, page(PAGE), account)
  const cookie = `${ACCESS}=${access}`
  const api = await startServer('Cookies', PATIENCE)
  const allowed = await api.get('/api/me', undefined, { headers: { cookie, ...page(PAGE) } })
  expect(JSON.parse(allowed.text)).toEqual({ id: account.id })
  const forged = await api.get('/api/me', undefined, { headers: { cookie, ...page('https://evil.example') } })
  expect(forged).toMatchObject({ status: 403 })
  expect(forged.text).toContain('csrf_rejected')
  await expectEnd(api)
})

it('Quick start, with key pairs: verifies with fetched keys, and SIGTERM ends the program', async () => {
  const [folder, redis] = await Promise.all([keysFolder(), startRedis()])
  onTestFinished(async () => {
    await Promise.all([folder.remove(), redis.stop()])
  })
  await keyCommands(folder.path).rotate()
  const signer = await startService({
    KEYS_DIR: folder.path,
    REVOCATION_KEY: 'r'.repeat(32),
    JWT_SECRET: '',
    REVOCATION_REDIS_URL: redis.url,
  })
  onTestFinished(() => signer.stop())
  const { id, token } = await signer.signUp()
  const replace = { 'https://auth.example.com': signer.url, 'redis://localhost:6379': redis.url }
  // The validator alone does not keep a program alive. This stands for a service.
  const append = `console.log(sessions.validate('${token}').sub)
    const service = setInterval(() => {}, 1000)
    process.once('SIGTERM', () => clearInterval(service))`
  const program = start('Quick start', { replace, append }, 1)
  await program.until('the token is verified', async () => program.output().includes('\n'))
  await program.until('the user is known', async () => program.output().includes(id))
  expect(program.output()).toContain('true')
  expect(await program.terminate()).toMatchObject(ENDED)
})

it('Cloudflare Workers and others: users and logouts', async () => {
  const [folder, redis] = await Promise.all([keysFolder(), startRedis()])
  onTestFinished(async () => {
    await Promise.all([folder.remove(), redis.stop()])
  })
  await keyCommands(folder.path).rotate()
  const signer = await startService({
    KEYS_DIR: folder.path,
    REVOCATION_KEY: 'r'.repeat(32),
    JWT_SECRET: '',
    REVOCATION_REDIS_URL: redis.url,
  })
  onTestFinished(() => signer.stop())
  const [staying, leaving] = [await signer.signUp(), await signer.signUp()]
  await signer.succeed(LOGOUT, {}, leaving.token)
  const append = `
    for (const token of ['${staying.token}', '${leaving.token}', 'x'])
      void import(import.meta.url).then(async ({ default: worker }) => {
        const headers = { authorization: 'Bearer ' + token }
        const response = await worker.fetch(new Request('https://app.example.com/', { headers }))
        console.log(response.status, await response.text())
      })`
  const heading = 'Cloudflare Workers, Next.js middleware, Deno and Bun'
  const replace = { 'https://auth.example.com': signer.url }
  const { stdout, ...end } = await start(heading, { replace, append }).finished
  expect(end).toMatchObject(ENDED)
  expect(stdout.trim().split('\n').sort()).toEqual([
    `200 {"userId":"${staying.id}","revocationChecked":true}`,
    '401 {"code":"malformed_token"}',
    '401 {"code":"revoked"}',
  ])
})

it('Metrics: exports what the README alerts on', async () => {
  const { stdout, ...end } = await start('Metrics').finished
  expect(end).toMatchObject(ENDED)
  // The checkpoint may be a second old on a busy machine.
  for (const line of [/^postern_session_ready 1$/m, /^postern_session_lag_seconds \d/m]) expect(stdout).toMatch(line)
  expect(stdout).toContain('postern_session_stream_entries_total{kind="ignored"} 0')
})

it('Test your service: runs without Redis and without the service', async () => {
  const append = `
    const { sessions } = createTestSessions()
    try { test.sessions.validate(headers.authorization.slice(7)) } catch (error) { console.log(error.code, sessions.status().ready) }`
  const { stdout, ...end } = await start('Test your service', { env: {}, append }).finished
  expect(end).toMatchObject(ENDED)
  expect(stdout).toBe('stale true\n')
})

it('Step-up: a password alone is answered with the challenge of RFC 9470', async () => {
  const { token } = await service.signUp()
  const append = `
    const { default: express } = await import('express')
    const { createSessionValidator } = await import('@postern/session')
    const sessions = await createSessionValidator({ secret: process.env.JWT_SECRET!, redis: process.env.REDIS_URL! })
    const app = express()
    addPayments(app, sessions)
    const server = app.listen(0, async () => {
      const { port } = server.address() as { port: number }
      const pay = { method: 'POST', headers: { authorization: process.env.AUTHORIZATION! } }
      const response = await fetch('http://localhost:' + port + '/payments', pay)
      console.log(response.status, response.headers.get('www-authenticate'))
      server.close()
      server.closeAllConnections()
      await sessions.close()
    })`
  const { stdout, ...end } = await start('Step-up', { env: { ...env, AUTHORIZATION: `Bearer ${token}` }, append })
    .finished
  expect(end).toMatchObject(ENDED)
  expect(stdout).toMatch(/^401 Bearer .*error="insufficient_user_authentication".*acr_values="aal2"/)
})

it('DPoP: a bound token of the service, with proofs, and SIGTERM ends the program', async () => {
  const [account, prover] = [await service.register(), await createProver()]
  const { email, password } = account
  const login = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      dpop: await prover.proof({ htm: 'POST', htu: `${service.url}/graphql` }),
    },
    body: JSON.stringify({
      query: 'mutation ($input: LoginInput!) { login(input: $input) { token } }',
      variables: { input: { email, password } },
    }),
  })
  const { data } = (await login.json()) as { data: { login: { token: string } } }
  const { token } = data.login
  const api = await startServer('DPoP')
  const dpop = await prover.proof({ htm: 'GET', htu: 'https://api.example.com/me', token })
  const headers = { authorization: `DPoP ${token}`, dpop }
  expect(await api.get('/me', undefined, { headers })).toMatchObject({ status: 200, text: `{"id":"${account.id}"}` })
  expect((await api.get('/me', undefined, { headers })).text).toContain('invalid_proof')
  expect((await api.get('/me', token)).text).toContain('proof_required')
  expect(await api.terminate()).toMatchObject(ENDED)
})

it('every snippet of the README was run', () => {
  expect(snippets.filter((snippet) => !tested.has(snippet))).toEqual([])
})
