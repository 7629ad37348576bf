import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runSnippet } from '../../../test/support/snippets.js'
import { millisecondsToExit } from './support/exit.js'
import { eachWithAStream } from './support/stream.js'
import { SECRET } from './support/tokens.js'

const IMPORT = "import { createSessionValidator } from '@postern/session'"

const stream = eachWithAStream()

it('a program ends within 500 ms after close()', async () => {
  expect(await millisecondsToExit(`'${stream.server.url}'`)).toBeLessThan(500)
})

it('a program ends within 500 ms after close() although Redis does not respond', async () => {
  onTestFinished(() => stream.server.thaw())
  expect(await millisecondsToExit(`'${stream.server.url}'`, () => stream.server.freeze())).toBeLessThan(500)
})

it('a program ends within 500 ms after close() although a Sentinel does not respond', async () => {
  const code = `${IMPORT}
    const sessions = await createSessionValidator(${await withSilentSentinel()})
    const start = performance.now()
    process.once('exit', () => console.log(performance.now() - start))
    await sessions.close()`
  expect(Number((await run(code)).stdout)).toBeLessThan(500)
})

/** The options of a validator, as code. */
const withSecret = () => `{ secret: '${SECRET}', redis: '${stream.server.url}' }`

async function withKeysFrom(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  return `{ jwksUrl: '${url}', revocationKey: 'unused', redis: '${stream.server.url}', waitForReady: 1 }`
}

const setups: [name: string, options: () => string | Promise<string>][] = [
  ['a secret', withSecret],
  [
    'a JWKS URL that refuses',
    () => withKeysFrom((_request, response) => void response.writeHead(503).write('x'.repeat(100_000))),
  ],
  ['a JWKS URL that never responds', () => withKeysFrom(() => undefined)],
  ['Sentinels of which one is silent and one is down', () => withSilentSentinel()],
  ['a Redis that is down', () => `{ secret: '${SECRET}', redis: 'redis://127.0.0.1:1', waitForReady: 0.1 }`],
]

async function withSilentSentinel(): Promise<string> {
  const server = createTcpServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const redis = `redis+sentinel://127.0.0.1:${port},127.0.0.1:1/mymaster`
  return `{ secret: '${SECRET}', redis: '${redis}', waitForReady: 0.1 }`
}

function run(code: string) {
  const program = runSnippet({ heading: 'exit', language: 'js', code })
  onTestFinished(async () => {
    await program.terminate()
  })
  return program.finished
}

describe.each(setups)('with %s', (_name, options) => {
  it('a program ends after close(), and goes on after it has awaited that', async () => {
    const code = `${IMPORT}
      const sessions = await createSessionValidator(${await options()})
      await sessions.close()
      console.log('closed')`
    expect(await run(code)).toEqual({ code: 0, signal: null, stdout: 'closed\n', stderr: '' })
  })

  it('a program ends that forgets to close', async () => {
    const code = `${IMPORT}
      const sessions = await createSessionValidator(${await options()})
      console.log(sessions.status().revocations)`
    expect(await run(code)).toEqual({ code: 0, signal: null, stdout: '0\n', stderr: '' })
  })

  it('a test under node:test ends, closed or not', async () => {
    const code = `${IMPORT}
      import { test } from 'node:test'
      const forgotten = await createSessionValidator(${await options()})
      test('closes', async () => {
        const sessions = await createSessionValidator(${await options()})
        forgotten.status()
        await sessions.close()
      })`
    const { code: status, stdout, stderr } = await run(code)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/pass 1\b/)
  })
})
