import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { dirname, join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { createServer as createVite, type ServerOptions } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openPage } from '../../../test/support/browser.js'
import { ACCESS } from '../../../test/support/cookies.js'
import { testRedisUrl } from '../../../test/support/redis.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'
import { findSnippet, withFile, type Snippet } from './support/snippets.js'

let service: Service
let id: string

beforeAll(async () => {
  service = await startService()
  id = (await service.register({ username: 'ada', password: 'correct horse' })).id
})
afterAll(() => service.stop())

/** Logs the response as text: a logged object reaches the test only as a handle. */
const AS_JSON = { 'console.log(': 'console.log(JSON.stringify(', "'/api/me'))": "'/api/me')))" }

async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs a snippet as a separate program. Node strips its types. */
const start = (path: string, args: string[] = [], env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args, path], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const finished = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code, signal], stdout, stderr]) => ({
      code: code as number | null,
      signal: signal as string | null,
      stdout,
      stderr,
    }),
  )
  return { child, finished }
}

/** Serves a snippet as a page with Vite, configured as in the README, and returns what it logs. */
async function inVite(page: Snippet, config: Snippet, use: (logged: string[]) => Promise<void>) {
  await withFile('vite.config.js', config.code, async (configFile) => {
    const root = dirname(configFile)
    writeFileSync(
      join(root, 'index.html'),
      '<link rel="icon" href="data:,"><script type="module" src="/main.ts"></script>',
    )
    writeFileSync(join(root, 'main.ts'), page.code)
    const { default: options } = (await import(configFile)) as { default: { server: ServerOptions } }
    const vite = await createVite({
      configFile: false,
      root,
      cacheDir: join(root, 'cache'),
      logLevel: 'error',
      server: { ...options.server, host: '127.0.0.1', port: 0, strictPort: false, hmr: false },
    })
    await vite.listen()
    const browser = await openPage()
    try {
      const logged: string[] = []
      browser.page.on('console', (message) => {
        if (!message.text().startsWith('[vite]')) logged.push(message.text())
      })
      await browser.page.goto(`http://127.0.0.1:${(vite.httpServer!.address() as AddressInfo).port}/`)
      await use(logged)
    } finally {
      await browser.close()
      await vite.close()
    }
  })
}

it('signs in through Vite', async () => {
  const page = findSnippet('Quick start', 0, {
    'https://auth.example.com/graphql': '/graphql',
    "username: 'ada'": "username: 'ada-2'",
  })
  const config = findSnippet('Develop next to `npm start`', 0, { 'http://localhost:8080': service.url })
  await inVite(page, config, async (logged) => {
    await until('it has logged', () => logged.length)
    expect(logged).toEqual(['ada@example.com 1'])
  })
})

it('signs in from a program on Node.js, which ends after the last call', async () => {
  const { code } = findSnippet('Quick start', 0, {
    'https://auth.example.com': service.url,
    'ada@example.com': 'ada-3@example.com',
    "username: 'ada'": "username: 'ada-3'",
  })
  const end = await withFile('program.ts', code, (path) => start(path).finished)
  expect(end).toEqual({ code: 0, signal: null, stdout: 'ada-3@example.com 1\n', stderr: '' })
})

/** Runs the README's API with these changes, and ends it with SIGTERM after `use`, which gets the configuration for Vite. */
async function withApi(changes: Record<string, string>, use: (config: Snippet) => Promise<void>) {
  const port = await freePort()
  const api = findSnippet('With tokens in memory', 1, { ...changes, 'app.listen(8081)': `app.listen(${port})` })
  const url = `http://127.0.0.1:${port}`
  await withFile('api.ts', api.code, async (path) => {
    const { JWT_SECRET } = TEST_ENVIRONMENT
    const { child, finished } = start(path, [], { JWT_SECRET, REDIS_URL: testRedisUrl() })
    const isUp = () =>
      fetch(`${url}/api/me`).then(
        ({ status }) => status === 401,
        () => false,
      )
    try {
      await until('the API answers', isUp)
      await use(findSnippet('Your own API', 0, { 'http://localhost:8080': service.url, 'http://localhost:8081': url }))
    } finally {
      child.kill('SIGTERM')
    }
    expect(await finished).toEqual({ code: 0, signal: null, stdout: '', stderr: '' })
  })
}

it('takes the access token from memory to an API with @postern/session, which ends on SIGTERM', () =>
  withApi({}, (config) =>
    inVite(findSnippet('With tokens in memory', 0, AS_JSON), config, async (logged) => {
      await until('it has logged', () => logged.length)
      expect(logged).toEqual([JSON.stringify({ id })])
    }),
  ))

const CREATION = "const client = createClient({ url: '/graphql', cookies: true })"
const LOGIN = "await client.login({ username: 'ada', password: 'correct horse' })"
const SIGN_IN_FIRST = { [CREATION]: `${CREATION}\n${LOGIN}`, ...AS_JSON }

it('takes the access cookie to an API on the same host, and refreshes it when the API refuses it', async () => {
  const requests: { marker: string | undefined; token: string | undefined }[] = []
  // Represents any API that accepts the cookie: the service itself tells whose token it is.
  const api = createServer((request, response) => {
    const token = new RegExp(`${ACCESS}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1]
    requests.push({ marker: request.headers['x-postern-cookies'] as string | undefined, token })
    // As if the token had expired, the first time.
    const isRefused = requests.length === 1 || !token
    void service.graphql('{ profile { id } }', {}, token).then(({ data }) => {
      if (isRefused) response.writeHead(401).end()
      else response.setHeader('content-type', 'application/json').end(JSON.stringify(data?.['profile']))
    })
  }).listen(0, '127.0.0.1')
  await once(api, 'listening')
  const config = findSnippet('Your own API', 0, {
    'http://localhost:8080': service.url,
    'http://localhost:8081': `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
  })
  await inVite(findSnippet('With cookies', 0, SIGN_IN_FIRST), config, async (logged) => {
    await until('it has logged', () => logged.some((line) => line.includes(id)))
    expect(requests.map(({ marker, token }) => [marker, typeof token])).toEqual([
      ['1', 'string'],
      ['1', 'string'],
    ])
  })
  api.close()
})

it('takes the access cookie to an API with @postern/session', () =>
  withApi({ 'requireAuth(sessions)': "requireAuth(sessions, { tokenFrom: ['bearer', 'cookie'] })" }, (config) =>
    inVite(findSnippet('With cookies', 0, SIGN_IN_FIRST), config, async (logged) => {
      await until('it has logged', () => logged.length)
      expect(logged).toEqual([JSON.stringify({ id })])
    }),
  ))

it('runs the test under node:test, which finishes', async () => {
  const snippet = findSnippet('Calls', 1, { 'http://localhost:8080': service.url })
  await withFile('policy.test.ts', snippet.code, async (path) => {
    const { code, stdout, stderr } = await start(path, ['--test']).finished
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/pass 1/)
  })
})
