import { createCallerSigner, type GatewayCaller } from '@postern/contract/caller'
import { actingFor, readingFor, requireAdmin, requireService, type Caller } from '@postern/service/callers/caller'
import type { CallerFacts } from '@postern/service/callers/call-context'
import { type ServiceError } from '@postern/service/errors'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createProver } from '../../../test/support/dpop.js'
import { bearer, failureOf, metadata } from '../../../test/support/grpc.js'
import { startRedis } from '../../../test/support/redis-server.js'
import { until } from '../../../test/support/wait.js'
import { createRelay, inSeconds, tokenRevocation } from '../../session/test/support/relay.js'
import { key } from '../../session/test/support/stream.js'
import { claims, sign } from '../../session/test/support/tokens.js'
import { KEYS, revocationsOfFile, startCallServer } from './support/call-server.js'

const revocations = revocationsOfFile()

const PATH = '/grpc.health.v1.Health/Check'
const URL = 'https://api.example.com/consents'

interface Seen {
  caller: Caller
  facts: CallerFacts
}

/** An RPC that notes who calls. */
async function start(redisUrl: string) {
  const seen: Seen[] = []
  const { health, close } = await startCallServer(redisUrl, {
    async check(_request, context) {
      seen.push({ caller: await context.caller(), facts: context.facts })
      return {}
    },
  })
  return { seen, check: (options = {}) => health.check({}, options), close }
}

let rpc: Awaited<ReturnType<typeof start>>

beforeAll(async () => {
  rpc = await start(revocations.server.url)
})
beforeEach(() => void rpc.seen.splice(0))
afterAll(() => rpc.close())

const service = (credential: string) => ({ metadata: metadata({ 'postern-service': credential }) })

/** What the gateway sends. */
function throughGateway(more: Record<string, string>, changes: Partial<GatewayCaller> = {}) {
  const sign = createCallerSigner(KEYS.gateway)
  const caller = { user: null, address: '198.51.100.7', userAgent: 'Firefox', requestId: 'request-1' }
  const signed = sign(PATH, { ...caller, http: { method: 'POST', url: URL }, ...changes })
  return { metadata: metadata({ 'postern-caller': signed, ...more }) }
}

describe('the caller of an RPC', () => {
  it('is a user with an access token, until it is revoked', async () => {
    const { seen, check } = rpc
    const token = claims({ roles: ['USER', 'ADMIN'], amr: ['pwd', 'otp'], auth_time: 1_700_000_000 })
    await check(bearer(sign(token)))
    const authTime = new Date(1_700_000_000_000)
    const user = { kind: 'user', userId: token.sub, sessionId: token.sid, roles: ['USER', 'ADMIN'] }
    expect(seen).toMatchObject([
      { caller: { ...user, amr: ['pwd', 'otp'], authTime }, facts: { address: '127.0.0.1' } },
    ])
    await revocations.relay.revoke(tokenRevocation(token.jti))
    const refused = () =>
      check(bearer(sign(token))).then(
        () => false,
        () => true,
      )
    await until('the token is refused', refused)
    expect(await failureOf(check(bearer(sign(token))))).toMatchObject({ status: 'UNAUTHENTICATED' })
  })

  it('is a service with any of its keys', async () => {
    const { seen, check } = rpc
    for (const key of [KEYS.current, KEYS.previous]) await check(service(`workflow:${key}`))
    const caller = { kind: 'service', name: 'workflow' }
    expect(seen.map((each) => each.caller)).toEqual([caller, caller])
  })

  it('has an address, a user agent and a request id from the gateway, if it has signed them', async () => {
    const { seen, check } = rpc
    await check(throughGateway({ authorization: `Bearer ${sign(claims())}` }))
    expect(seen[0]?.facts).toEqual({ address: '198.51.100.7', userAgent: 'Firefox', requestId: 'request-1' })
  })

  it.each([
    ['nothing', {}],
    ['an expired token', { authorization: `Bearer ${sign(claims({ exp: inSeconds(-60) }))}` }],
    ['a token of another audience', { authorization: `Bearer ${sign(claims({ aud: 'other' }))}` }],
    ['a token that is none', { authorization: 'Bearer token' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['the name of a service without a key', { 'postern-service': 'workflow' }],
    ['the key of another service', { 'postern-service': `auth:${KEYS.current}` }],
    ['a key that is too long', { 'postern-service': `workflow:${KEYS.current}${'c'.repeat(300)}` }],
    ['a token and a key', { authorization: `Bearer ${sign(claims())}`, 'postern-service': `workflow:${KEYS.current}` }],
    [
      'a caller that the gateway has not signed',
      { 'postern-caller': 'a.b.c', authorization: `Bearer ${sign(claims())}` },
    ],
  ])('is refused as UNAUTHENTICATED with %s', async (_what, values: Record<string, string>) => {
    const { seen, check } = rpc
    expect(await failureOf(check({ metadata: metadata(values) }))).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(seen).toEqual([])
  })

  it('is not known while revocations are not: that is an outage, and no bad token', async () => {
    const empty = await startRedis()
    const { check, close } = await start(empty.url)
    expect(await failureOf(check(bearer(sign(claims()))))).toMatchObject({
      ...{ status: 'UNAVAILABLE', code: 'SERVICE_UNAVAILABLE', retryAfter: 1 },
    })
    await close()
    await empty.stop()
  })
})

describe('a token that is bound to a key', () => {
  it('needs a proof for the request to the gateway, which works once', async () => {
    const redis = await startRedis()
    const relay = createRelay(redis.redis, key)
    await relay.openEpoch()
    await relay.start()
    const { seen, check, close } = await start(redis.url)
    const prover = await createProver()
    const token = sign(claims({ cnf: { jkt: prover.thumbprint } }))
    const proofOf = (more = {}) => prover.proof({ htm: 'POST', htu: URL, token, ...more })
    const send = (dpop: string) => check(throughGateway({ authorization: `DPoP ${token}`, dpop }))
    const proof = await proofOf()
    await send(proof)
    expect(seen).toMatchObject([{ caller: { kind: 'user' } }])
    expect(await failureOf(send(proof))).toMatchObject({ code: 'INVALID_DPOP_PROOF' })
    const other = await proofOf({ htu: 'https://api.example.com/other' })
    expect(await failureOf(send(other))).toMatchObject({ code: 'INVALID_DPOP_PROOF' })
    const direct = { metadata: metadata({ authorization: `DPoP ${token}`, dpop: await proofOf() }) }
    expect(await failureOf(check(direct))).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await failureOf(check(throughGateway({ authorization: `Bearer ${token}` })))).toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    relay.stop()
    await redis.kill()
    expect(await failureOf(send(await proofOf()))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(seen).toHaveLength(1)
    await close()
    await redis.stop()
  })
})

describe('whose data a caller may act on', () => {
  const user = (roles: readonly string[] = ['USER']): Caller => ({
    ...{ kind: 'user', userId: 'ada', sessionId: 's', roles, amr: [], authTime: null },
  })
  const admin = user(['USER', 'ADMIN'])
  const auth: Caller = { kind: 'service', name: 'auth' }
  const outcome = (work: () => unknown) => {
    try {
      return work()
    } catch (error) {
      return (error as ServiceError).code
    }
  }

  it.each([
    ['a user', user(), { own: 'ada', named: 'ada', other: 'FORBIDDEN', read: 'FORBIDDEN' }],
    ['an administrator', admin, { own: 'ada', named: 'ada', other: 'FORBIDDEN', read: 'bob' }],
    ['a service', auth, { own: 'INVALID_INPUT', named: 'ada', other: 'bob', read: 'bob' }],
  ])('%s', (_who, caller, expected) => {
    const acting = (userId?: string) => outcome(() => actingFor(caller, userId))
    const found = { own: acting(), named: acting('ada'), other: acting('bob') }
    expect({ ...found, read: outcome(() => readingFor(caller, 'bob')) }).toEqual(expected)
  })

  it('RPCs of services and of administrators are for nobody else', () => {
    const can = (check: (caller: Caller) => unknown) => [user(), admin, auth].map((who) => outcome(() => check(who)))
    expect(can(requireService)).toEqual(['FORBIDDEN', 'FORBIDDEN', auth])
    expect(can(requireAdmin)).toEqual(['FORBIDDEN', admin, auth])
  })
})
