import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTokenVerifier } from '../src/index.js'
import { createRemoteKeys, type RemoteKeys } from '../src/remote-keys.js'
import { refusal } from '../../../test/support/refusal.js'
import { PATIENCE_MS } from '../../../test/support/wait.js'
import { eachWithAKeySetServer, jwk, set, UNUSABLE } from './support/key-set-server.js'
import { claims, otherPair, pair, signES256 } from './support/tokens.js'

const server = eachWithAKeySetServer((response) => response.end(set(jwk('k1'))))
let elapsed = 0
let keys: RemoteKeys | undefined
const errors: Error[] = []

beforeEach(() => {
  elapsed = errors.length = 0
})
afterEach(() => keys?.close())

function start(): (token: string) => string {
  const remote = createRemoteKeys({ url: server.url, onError: (error) => errors.push(error), monotonic: () => elapsed })
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
    expect(server.hits).toBe(1) // fetched a moment ago
    elapsed += 30_000
    expect(outcomeOf(unknown)).toBe('keys_unavailable')
    expect(outcomeOf(signES256(claims(), 'k3'))).toBe('keys_unavailable')
    expect(outcomeOf(signES256(claims()))).toBe('accepted') // other tokens are not affected
    await settled()
    expect(outcomeOf(unknown)).toBe('unknown_key')
    elapsed += 30_000
    server.answer = (response) => response.end(set(jwk('k1'), jwk('k2', otherPair.publicKey)))
    expect(outcomeOf(unknown)).toBe('keys_unavailable')
    await settled()
    expect(outcomeOf(signES256(claims(), 'k2', otherPair.privateKey))).toBe('accepted')
  })

  it('answer 503, not 401, for an unknown kid when the fetch failed', async () => {
    const outcomeOf = start()
    await keys!.firstFetch
    elapsed += 30_000
    server.answer = (response) => response.writeHead(500).end()
    expect(outcomeOf(signES256(claims(), 'k2'))).toBe('keys_unavailable')
    await vi.waitFor(() => expect(keys!.counters.failures).toBe(1), PATIENCE_MS)
    expect(outcomeOf(signES256(claims(), 'k2'))).toBe('keys_unavailable')
    expect(outcomeOf(signES256(claims()))).toBe('accepted') // the old keys stay
  })

  it.each(UNUSABLE)('are unavailable when the URL answers %s', async (_, bad) => {
    server.answer = bad
    const outcomeOf = start()
    await keys!.firstFetch
    expect(outcomeOf(signES256(claims()))).toBe('keys_unavailable')
    expect([server.hits, errors.length, keys!.loaded]).toEqual([1, 1, false])
  })

  it('are not fetched from the target of a redirect, which the error names without its query', async () => {
    const location = 'http://elsewhere.example/keys?secret=1'
    server.answer = (response: ServerResponse) => response.writeHead(302, { location }).end()
    start()
    await keys!.firstFetch
    const message = 'the JWKS URL redirects to http://elsewhere.example; use the final URL'
    expect([server.hits, errors.map((error) => error.message)]).toEqual([1, [message]])
  })

  it('are only those for ES256 signatures', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
    const secret = {
      kty: 'oct',
      k: Buffer.from('a secret of 32 bytes, for whom??').toString('base64url'),
      alg: 'HS256',
    }
    server.answer = (response) =>
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
    server.answer = (response) => response.end(set(jwk('k1'), jwk('k2', otherPair.publicKey)))
    const outcomeOf = start()
    await keys!.firstFetch
    const tokens = [signES256(claims()), signES256(claims(), 'k2', otherPair.privateKey)] as const
    expect(tokens.map(outcomeOf)).toEqual(['accepted', 'accepted'])
    const kept = keys!.find('ES256', 'k1')[0]
    server.answer = (response) => response.end(set(jwk('k1')))
    elapsed += 30_000
    outcomeOf(signES256(claims(), 'k3'))
    await settled()
    expect(tokens.map(outcomeOf)).toEqual(['accepted', 'unknown_key'])
    expect(keys!.find('ES256', 'k1')[0]).toBe(kept)
  })

  it('are fetched again after their lifetime, and sooner after a failure', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      server.answer = (response) => response.setHeader('cache-control', 'public, max-age=60').end(set(jwk('k1')))
      const outcomeOf = start()
      await keys!.firstFetch
      await vi.advanceTimersByTimeAsync(59_000)
      expect(keys!.counters.fetches).toBe(1)
      server.answer = (response) => response.destroy()
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
