import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { startService, type Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'
import { createClient } from '../src/index.js'
import { bundle } from './support/bundle.js'
import { startProxy } from './support/proxy.js'
import { openTabs, run } from './support/tabs.js'

const ENTRY = fileURLToPath(new URL('../dist/index.js', import.meta.url))

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

it('rejects running and later calls with CLOSED', async () => {
  const proxy = await startProxy(service.url)
  const client = createClient({ url: proxy.url })
  const { email, password } = await service.register()
  await client.login({ email, password })
  proxy.onAnswer = () => new Promise(() => undefined)
  const running = expect(client.profile()).rejects.toMatchObject({ code: 'CLOSED' })
  client.close()
  await running
  await expect(client.profile()).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(client.getAccessToken()).rejects.toMatchObject({ code: 'CLOSED' })
  client.close()
  await proxy.close()
})

it('lets a test under node:test finish at once, though a request without a time limit is running', async () => {
  const silent = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as { port: number }
  const program = `
    import { test } from 'node:test'
    import { createClient } from ${JSON.stringify(ENTRY)}
    test('closes', async (t) => {
      const client = createClient({ url: 'http://127.0.0.1:${port}/graphql', timeout: Infinity })
      client.subscribe(() => undefined)
      for (let i = 0; i < 20; i++) client.policy().catch(({ code }) => t.diagnostic(code))
      client.close()
    })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' })
  const [output, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  silent.close()
  expect([status, errors]).toEqual([0, ''])
  expect(output.match(/CLOSED/g)).toHaveLength(20)
})

/** Runs a program that uses the client, and forgets to close it. Resolves to its status and errors once it ends. */
async function runForgetful(flags: string[], prelude: string, options: string) {
  const { email, password } = await service.register()
  const program = `${prelude.replace('SERVICE', service.url)}
    import { createClient, usernameChecker } from ${JSON.stringify(ENTRY)}
    const client = createClient({ url: '${service.url}/graphql', ${options} })
    client.subscribe(() => undefined)
    client.onSignOut(() => undefined)
    await client.policy()
    await client.login(${JSON.stringify({ email, password })})
    await client.profile().catch(() => undefined)
    usernameChecker(client).input('ada')`
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', program], { stdio: 'pipe' })
  onTestFinished(() => void child.kill())
  const [, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return [status, errors]
}

const FETCH_FROM_PAGE = `fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, origin: location.origin } })`

it.each([
  ['a program', [], '', ''],
  ['a test under node:test', [], "import 'node:test'", ''],
  [
    'a program that simulates a page',
    [],
    `globalThis.location = new URL('SERVICE')`,
    `cookies: true, ${FETCH_FROM_PAGE}`,
  ],
])('lets %s end that forgets to close', async (_what, flags, prelude, options) => {
  expect(await runForgetful(flags, prelude, options)).toEqual([0, ''])
})

it('no longer follows other tabs, and does not disturb them', async () => {
  const code = await bundle('packages/client/test/page/main.ts', { mode: 'development' })
  const { browser, open, close } = await openTabs(service.url, code)
  onTestFinished(close)
  const [tab, other] = [await open(), await open()]
  const { email, password } = await service.register()
  await run(tab, `client.login(${JSON.stringify({ email, password })})`)
  // Another client in the same tab receives what the closed one does not.
  await run(
    other,
    `(async () => {
      const second = createClient({ url: '/graphql', cookies: true })
      await second.profile()
      window.received = []
      second.onSignOut((reason) => received.push(reason))
    })()`,
  )
  await run(other, 'client.profile()')
  await run(other, 'client.close()')
  await run(tab, 'client.logout()')
  expect(await run(tab, 'signOuts')).toEqual(['signed-out'])
  await until('the other client has received it', async () => ((await run(other, 'received')) as string[]).length)
  expect(await run(other, 'signOuts')).toEqual([])
  expect(browser.complaints).toEqual([])
})
