import { createServer, type ServerResponse } from 'node:http'
import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach } from 'vitest'
import { pair } from './tokens.js'

export const jwk = (kid: string, key: KeyObject = pair.publicKey, changes: object = {}) => ({
  ...key.export({ format: 'jwk' }),
  kid,
  ...changes,
})

/** A JSON Web Key Set, as text. */
export const set = (...keys: object[]) => JSON.stringify({ keys })

/** A server of a key set, new for each test. `answer` is called for each of its `hits`. */
export function eachWithAKeySetServer(answer: (response: ServerResponse) => unknown) {
  const server = { url: '', hits: 0, answer }
  const listener = createServer((_, response) => (server.hits++, server.answer(response)))
  beforeEach(async () => {
    Object.assign(server, { hits: 0, answer })
    await once(listener.listen(0, '127.0.0.1'), 'listening')
    server.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/jwks.json`
  })
  afterEach(async () => {
    listener.closeAllConnections()
    await new Promise((resolve) => listener.close(resolve))
  })
  return server
}

/** Responses from which no key can be read. */
export const UNUSABLE: [name: string, answer: (response: ServerResponse) => unknown][] = [
  ['an error', (response) => response.writeHead(503).end()],
  ['a redirect', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
  ['no JSON', (response) => response.end('<html>')],
  ['no list', (response) => response.end('{"keys":5}')],
  ['an empty set', (response) => response.end(set())],
  ['more than 256 KB', (response) => response.end(set(jwk('k1'), { pad: 'x'.repeat(300_000) }))],
  ['a point that is not on the curve', (response) => response.end(set(jwk('k1', pair.publicKey, { x: 'AA' })))],
  ['a broken connection', (response) => response.destroy()],
]
