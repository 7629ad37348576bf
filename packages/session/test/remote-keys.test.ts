import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTokenVerifier } from '../src/index.js'
import { createRemoteKeys, type RemoteKeys } from '../src/remote-keys.js'
import { refusal } from '../../../test/support/refusal.js'
import { PATIENCE_MS } from '../../../test/support/wait.js'
import { claims, pair, otherPair, signES256 } from './support/tokens.js'

const jwk = (kid: string, key: KeyObject = pair.publicKey, changes: object = {}) => ({
  ...key.export({ format: 'jwk' }),
  kid,
  ...changes,
})
const set = (...keys: object[]) => JSON.stringify({ keys })

let hits = 0
let answer: (response: ServerResponse) => void
let elapsed = 0
let keys: RemoteKeys | undefined
const errors: Error[] = []
const listener = createServer((_, response) => (hits++, answer(response)))

beforeEach(async () => {
  hits = elapsed = errors.length = 0
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  answer = (response) => response.end(set(jwk('k1')))
})
afterEach(async () => {
  keys?.close()
  listener.closeAllConnections()
  await new Promise((resolve) => listener.close(resolve))
})

function start(): (token: string) => string {
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/jwks.json`
  const remote = createRemoteKeys({ url, onError: (error) => errors.push(error), monotonic: () => elapsed })
  keys = remote
  const verifier = createTokenVerifier({ keySource: remote })
  return (token) => refusal(() => verifier.verify(token))
}
/** Waits until the current fetch has ended. */
const settled = () =>
  vi.waitFor(() => expect(refusal(() => keys!.find('ES256', randomUUID()))).toBe('unknown_key'), {
    timeout: PATIENCE_MS,
    interval: 5,
  })

describe('keys behind a URL', () => {
  it('answer 503 until they are fetched, then verify', async () => {
    const outcomeOf = start()
    expect(outcomeOf(signES256(claims()))).toBe('keys_unavailable')
    await keys!.firstFetch
    expect(outcomeOf(signES256(claims()))).toBe('accepted')
    expect(outcomeOf(signES256(claims(), 'k1', otherPair.privateKey))).toBe('bad_signature')
    expect(keys!.loaded).toBe(true)
  })

  it('are fetched again for an unknown kid at most once in 30 s: 503 until then, and 401 if the key does not exist', async () => {
    const outcomeOf = start()
    await keys!.firstFetch
    const unknown = signES256(claims(), 'k2')
    for (let i = 0; i < 20; i++) expect(outcomeOf(signES256(claims(), `k${i + 2}`))).toBe('unknown_key')
    expect(hits).toBe(1) // fetched a moment ago
    elapsed += 30_000
    expect(outcomeOf(unknown)).toBe('keys_unavailable')
    expect(outcomeOf(signES256(claims(), 'k3'))).toBe('keys_unavailable')
    expect(outcomeOf(signES256(claims()))).toBe('accepted') // other tokens are not affected
    await settled()
    expect(outcomeOf(unknown)).toBe('unknown_key')
    elapsed += 30_000
    answer = (response) => response.end(set(jwk('k1'), jwk('k2', otherPair.publicKey)))
    expect(outcomeOf(unknown)).toBe('keys_unavailable')
    await settled()
    expect(outcomeOf(signES256(claims(), 'k2', otherPair.privateKey))).toBe('accepted')
  })

  it('answer 503, not 401, for an unknown kid when the fetch failed', async () => {
    const outcomeOf = start()
    await keys!.firstFetch
    elapsed += 30_000
    answer = (response) => response.writeHead(500).end()
    expect(outcomeOf(signES256(claims(), 'k2'))).toBe('keys_unavailable')
    await vi.waitFor(() => expect(keys!.counters.failures).toBe(1), PATIENCE_MS)
    expect(outcomeOf(signES256(claims(), 'k2'))).toBe('keys_unavailable')
    expect(outcomeOf(signES256(claims()))).toBe('accepted') // the old keys stay
  })

  it.each([
    ['an error', (response: ServerResponse) => response.writeHead(503).end()],
    ['a redirect', (response: ServerResponse) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['no JSON', (response: ServerResponse) => response.end('<html>')],
    ['no list', (response: ServerResponse) => response.end('{"keys":5}')],
    ['an empty set', (response: ServerResponse) => response.end(set())],
    ['more than 256 KB', (response: ServerResponse) => response.end(set(jwk('k1'), { pad: 'x'.repeat(300_000) }))],
    [
      'a point that is not on the curve',
      (response: ServerResponse) => response.end(set(jwk('k1', pair.publicKey, { x: 'AA' }))),
    ],
    ['a broken connection', (response: ServerResponse) => response.destroy()],
  ])('are unavailable when the URL answers %s', async (_, bad) => {
    answer = bad
    const outcomeOf = start()
    await keys!.firstFetch
    expect(outcomeOf(signES256(claims()))).toBe('keys_unavailable')
    expect([hits, errors.length, keys!.loaded]).toEqual([1, 1, false])
  })

  it('are not fetched from the target of a redirect, which the error names without its query', async () => {
    const location = 'http://elsewhere.example/keys?secret=1'
    answer = (response: ServerResponse) => response.writeHead(302, { location }).end()
    start()
    await keys!.firstFetch
    const message = 'the JWKS URL redirects to http://elsewhere.example; use the final URL'
    expect([hits, errors.map((error) => error.message)]).toEqual([1, [message]])
  })

  it('are only those for ES256 signatures', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
    const secret = {
      kty: 'oct',
      k: Buffer.from('a secret of 32 bytes, for whom??').toString('base64url'),
      alg: 'HS256',
    }
    answer = (response) =>
      response.end(
        set(
          jwk('a', rsa),
          jwk('b', p384),
          jwk('c', pair.publicKey, { use: 'enc' }),
          jwk('d', pair.publicKey, { alg: 'ECDH-ES' }),
          jwk('h', pair.publicKey, { key_ops: ['encrypt'] }),
          { ...secret, kid: 'e' },
          jwk('../f'),
          { ...jwk('g'), kid: undefined },
          jwk('k1'),
        ),
      )
    const outcomeOf = start()
    await keys!.firstFetch
    for (const kid of ['a', 'b', 'c', 'd', 'e', 'g', 'h'])
      expect(outcomeOf(signES256(claims(), kid))).toBe('unknown_key')
    expect(outcomeOf(signES256(claims()))).toBe('accepted')
  })

  it('that are withdrawn take the cached tokens they verified with them, and those that stay keep theirs', async () => {
    answer = (response) => response.end(set(jwk('k1'), jwk('k2', otherPair.publicKey)))
    const outcomeOf = start()
    await keys!.firstFetch
    const tokens = [signES256(claims()), signES256(claims(), 'k2', otherPair.privateKey)] as const
    expect(tokens.map(outcomeOf)).toEqual(['accepted', 'accepted'])
    const kept = keys!.find('ES256', 'k1')[0]
    answer = (response) => response.end(set(jwk('k1')))
    elapsed += 30_000
    outcomeOf(signES256(claims(), 'k3'))
    await settled()
    expect(tokens.map(outcomeOf)).toEqual(['accepted', 'unknown_key'])
    expect(keys!.find('ES256', 'k1')[0]).toBe(kept)
  })

  it('are fetched again after their lifetime, and sooner after a failure', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      answer = (response) => response.setHeader('cache-control', 'public, max-age=60').end(set(jwk('k1')))
      const outcomeOf = start()
      await keys!.firstFetch
      await vi.advanceTimersByTimeAsync(59_000)
      expect(keys!.counters.fetches).toBe(1)
      answer = (response) => response.destroy()
      await vi.advanceTimersByTimeAsync(1000)
      expect(keys!.counters.fetches).toBe(2)
      vi.useRealTimers()
      await vi.waitFor(() => expect(keys!.counters.failures).toBe(1), PATIENCE_MS)
      expect(outcomeOf(signES256(claims()))).toBe('accepted')
    } finally {
      vi.useRealTimers()
    }
  })
})
