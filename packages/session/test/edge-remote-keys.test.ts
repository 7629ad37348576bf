import { beforeEach, describe, expect, it } from 'vitest'
import { createEdgeRemoteKeys } from '../src/edge-remote-keys.js'
import { createEdgeValidator } from '../src/edge.js'
import { until } from '../../../test/support/wait.js'
import { edgeOutcome } from './support/both-entries.js'
import { eachWithAKeySetServer, jwk, set, UNUSABLE } from './support/key-set-server.js'
import { claims, otherPair, pair, signES256 } from './support/tokens.js'

const server = eachWithAKeySetServer((response) =>
  response.setHeader('cache-control', 'public, max-age=60').end(set(jwk('k1'))),
)
let elapsed = 0
const errors: Error[] = []

beforeEach(() => {
  elapsed = errors.length = 0
})

function start(fetch: typeof globalThis.fetch = globalThis.fetch) {
  const find = createEdgeRemoteKeys({
    url: server.url,
    fetch,
    onError: (error) => errors.push(error),
    monotonic: () => elapsed,
  })
  return (kid: string) =>
    find(kid).then(
      () => 'found',
      (error: unknown) => (error as { code: string }).code,
    )
}

describe('keys behind a URL, for the edge', () => {
  it('are fetched with the first token, and used for their lifetime', async () => {
    const sessions = createEdgeValidator({ jwksUrl: server.url, revocations: 'none' })
    expect(server.hits).toBe(0)
    expect(await edgeOutcome(sessions, signES256(claims()))).toBe('accepted')
    expect(await edgeOutcome(sessions, signES256(claims(), 'k1', otherPair.privateKey))).toBe('bad_signature')
    expect(await edgeOutcome(sessions, signES256(claims(), ''))).toBe('unknown_key')
    expect(server.hits).toBe(1)

    const find = start()
    expect(await find('k1')).toBe('found')
    elapsed += 59_999
    expect([await find('k1'), server.hits]).toEqual(['found', 2])
    elapsed += 1
    expect([await find('k1'), server.hits]).toEqual(['found', 3])
  })

  it('are fetched again for an unknown kid, at most once in 30 s', async () => {
    const find = start()
    for (let i = 2; i < 22; i++) expect(await find(`k${i}`)).toBe('unknown_key')
    expect(server.hits).toBe(1)
    server.answer = (response) => response.end(set(jwk('k1'), jwk('k2', otherPair.publicKey)))
    elapsed += 29_999
    expect([await find('k2'), server.hits]).toEqual(['unknown_key', 1])
    elapsed += 1
    expect([await find('k2'), server.hits]).toEqual(['found', 2])
  })

  it('that are withdrawn verify no more tokens', async () => {
    server.answer = (response) => response.end(set(jwk('k1'), jwk('k2', otherPair.publicKey)))
    const find = start()
    expect(await find('k2')).toBe('found')
    server.answer = (response) => response.end(set(jwk('k1')))
    elapsed += 300_000
    expect([await find('k2'), await find('k1')]).toEqual(['unknown_key', 'found'])
  })

  it('answer 503, not 401, for an unknown kid when the fetch failed, and the old keys stay', async () => {
    const find = start()
    await find('k1')
    elapsed += 60_000
    server.answer = (response) => response.writeHead(500).end()
    expect([await find('k1'), await find('k2'), server.hits]).toEqual(['found', 'keys_unavailable', 2])
    elapsed += 5000
    expect([await find('k2'), await find('k1'), server.hits]).toEqual(['keys_unavailable', 'found', 3])
    expect(errors).toHaveLength(2)
  })

  it.each(UNUSABLE)('are unavailable when the URL answers %s, and are tried again after 5 s', async (_, bad) => {
    server.answer = bad
    const find = start()
    expect([await find('k1'), await find('k1'), server.hits, errors.length]).toEqual([
      'keys_unavailable',
      'keys_unavailable',
      1,
      1,
    ])
    server.answer = (response) => response.end(set(jwk('k1')))
    elapsed += 5000
    expect([await find('k1'), server.hits]).toEqual(['found', 2])
  })

  it('follow no redirect, and the error says to which origin it leads', async () => {
    server.answer = (response) => response.writeHead(301, { location: 'https://keys.example.com/set?secret=1' }).end()
    const find = start()
    expect(await find('k1')).toBe('keys_unavailable')
    expect(errors[0]?.message).toBe('the JWKS URL redirects to https://keys.example.com; use the final URL')
  })

  it('are only those for ES256 signatures', async () => {
    server.answer = (response) =>
      response.end(
        set(
          jwk('a', pair.publicKey, { use: 'enc' }),
          jwk('b', pair.publicKey, { alg: 'ECDH-ES' }),
          { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'c' },
          jwk('k1'),
        ),
      )
    const find = start()
    for (const kid of ['a', 'b', 'c']) expect(await find(kid)).toBe('unknown_key')
    expect(await find('k1')).toBe('found')
  })

  it('do not wait for the fetch of another request, which may have been aborted with that request', async () => {
    let calls = 0
    // The first fetch never ends, as in Cloudflare Workers when the request that started it is canceled.
    const find = start((...request) => (calls++ === 0 ? new Promise(() => {}) : fetch(...request)))
    void find('k1')
    await until('the first fetch has started', async () => calls === 1)
    expect(await find('k1')).toBe('found')
    expect(calls).toBe(2)
  })

  it('are still found while another request refreshes them', async () => {
    let stuck = false
    let calls = 0
    const find = start((...request) => (calls++, stuck ? new Promise(() => {}) : fetch(...request)))
    await find('k1')
    stuck = true
    elapsed += 60_000
    void find('k1')
    await until('the refresh has started', async () => calls === 2)
    expect([await find('k1'), await find('k2'), calls]).toEqual(['found', 'keys_unavailable', 2])
  })
})
