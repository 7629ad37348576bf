import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { ExpressAdapter } from '@nestjs/platform-express'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createProver, type Prover } from '../../../test/support/dpop.js'
import { sessionContext } from '../src/apollo.js'
import { authenticate, createDpop, type Dpop, memoryReplays, SessionError } from '../src/dpop.js'
import { authenticate as authenticateAtEdge, createEdgeValidator, serviceCheck } from '../src/edge.js'
import { authenticated, optionalAuth, requireAuth } from '../src/express.js'
import { sessionPlugin } from '../src/fastify.js'
import { optionalAuth as optionalAuthHono, requireAuth as requireAuthHono } from '../src/hono.js'
import { authenticate as authenticateBearer, createTokenVerifier } from '../src/index.js'
import { createTestSessions, type TestSessions } from '../src/testing.js'
import { startNest } from './support/nest.js'
import { claims, SECRET, sign } from './support/tokens.js'

const API = 'https://api.example.com'

let prover: Prover
let thief: Prover
beforeAll(async () => {
  ;[prover, thief] = await Promise.all([createProver(), createProver()])
})

const bound = (test: TestSessions) => test.token({ sub: 'user-1', cnf: { jkt: prover.thumbprint } })
const proofOf = (by: Prover, token: string, path = '/me') => by.proof({ htm: 'GET', htu: API + path, token })
const newDpop = () => createDpop({ urls: [API], replays: memoryReplays() })

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void (server.closeAllConnections(), server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function get(url: string, headers: Record<string, string>) {
  const response = await fetch(url, { headers })
  const text = await response.text()
  return { status: response.status, challenge: response.headers.get('www-authenticate'), text }
}

/** The same two routes in each framework: /me needs a user, /hello does not. */
const frameworks: Record<string, (test: TestSessions, dpop: Dpop) => Promise<string>> = {
  'node:http': async ({ sessions }, dpop) =>
    serve((req, res) => {
      authenticate(sessions, req, { dpop }).then(
        ({ userId }) => res.end(req.url === '/me' ? userId : `Hello ${userId}`),
        (error: unknown) => {
          if (!(error instanceof SessionError)) throw error
          if (req.url === '/hello') res.end('Hello stranger')
          else res.writeHead(error.status, error.headers).end(JSON.stringify({ code: error.code }))
        },
      )
    }),
  Express: async ({ sessions }, dpop) => {
    const [app, api] = [express(), express.Router()]
    api.get('/', requireAuth(sessions, { dpop }), (req, res) => void res.send(req.auth?.userId))
    app.use('/me', api)
    app.get(
      '/hello',
      optionalAuth(sessions, { dpop }),
      (req, res) => void res.send(`Hello ${req.auth?.userId ?? 'stranger'}`),
    )
    return serve(app)
  },
  Fastify: async ({ sessions }, dpop) => {
    const app = Fastify()
    await app.register(sessionPlugin, { sessions, dpop })
    app.get('/me', { onRequest: app.requireAuth }, (request, reply) => reply.send(request.auth.userId))
    app.get('/hello', { onRequest: app.optionalAuth }, (request, reply) =>
      reply.send(`Hello ${request.viewer?.userId ?? 'stranger'}`),
    )
    onTestFinished(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  Hono: async ({ sessions }, dpop) => {
    const app = new Hono()
    app.get('/me', requireAuthHono(sessions, { dpop }), (c) => c.text(c.var.auth.userId))
    app.get('/hello', optionalAuthHono(sessions, { dpop }), (c) =>
      c.text(`Hello ${c.var.viewer?.userId ?? 'stranger'}`),
    )
    return serve((request, response) => void getRequestListener(app.fetch)(request, response))
  },
  NestJS: (test, dpop) => startNest(test, new ExpressAdapter(), { dpop }),
}

describe.each(Object.entries(frameworks))('under %s', (_, start) => {
  it('a bound token needs the scheme DPoP and a proof of its key, and each proof works once', async () => {
    const test = createTestSessions()
    const url = await start(test, newDpop())
    const token = bound(test)
    const authorization = `DPoP ${token}`
    const dpop = await proofOf(prover, token)
    expect(await get(`${url}/me`, { authorization, dpop })).toMatchObject({ status: 200, text: 'user-1' })
    expect(await get(`${url}/hello`, { authorization, dpop: await proofOf(prover, token, '/hello') })).toMatchObject({
      status: 200,
      text: 'Hello user-1',
    })
    const refusals: [code: string, error: string, headers: Record<string, string>][] = [
      ['invalid_proof', 'invalid_dpop_proof', { authorization, dpop }],
      ['invalid_proof', 'invalid_dpop_proof', { authorization }],
      ['proof_required', 'invalid_token', { authorization: `Bearer ${token}`, dpop: await proofOf(prover, token) }],
      ['wrong_key', 'invalid_token', { authorization, dpop: await proofOf(thief, token) }],
    ]
    for (const [code, error, headers] of refusals) {
      const answer = await get(`${url}/me`, headers)
      expect(answer).toMatchObject({ status: 401, challenge: expect.stringContaining(`error="${error}"`) as string })
      expect(answer.text).toContain(code)
    }
    expect((await get(`${url}/hello`, { authorization: `Bearer ${token}` })).text).toBe('Hello stranger')
  })

  it('a bearer token works as before, but not with the scheme DPoP', async () => {
    const test = createTestSessions()
    const url = await start(test, newDpop())
    const token = test.token({ sub: 'user-1' })
    expect(await get(`${url}/me`, { authorization: `Bearer ${token}` })).toMatchObject({ status: 200, text: 'user-1' })
    const answer = await get(`${url}/me`, { authorization: `DPoP ${token}`, dpop: await proofOf(prover, token) })
    expect(answer.status).toBe(401)
    expect(answer.text).toContain('wrong_key')
  })
})

describe('without the check of proofs', () => {
  const verifier = createTokenVerifier({ secret: SECRET })
  const edge = createEdgeValidator({ secret: SECRET, revocations: 'none' })
  const token = () => sign(claims({ cnf: { jkt: prover.thumbprint } }))

  it('no validator accepts a bound token, also one that it has verified before', async () => {
    const text = token()
    const { thumbprint } = prover
    expect(verifier.verify(text, thumbprint).cnf).toEqual({ jkt: thumbprint })
    for (let n = 0; n < 2; n++) {
      expect(() => verifier.verify(text)).toThrow(expect.objectContaining({ code: 'proof_required' }))
      expect(() => verifier.verify(text, thief.thumbprint)).toThrow(expect.objectContaining({ code: 'wrong_key' }))
      // The program that gets the claims checks the proof.
      expect(verifier.verify(text, 'any').cnf).toEqual({ jkt: prover.thumbprint })
    }
    await expect(edge.validate(text)).rejects.toMatchObject({ code: 'proof_required' })
    await expect(edge.validate(text, thief.thumbprint)).rejects.toMatchObject({ code: 'wrong_key' })
    expect((await edge.validate(text, thumbprint)).claims.cnf).toEqual({ jkt: thumbprint })
  })

  it('the scheme DPoP is not accepted, and a synchronous middleware says that it checks no proofs', async () => {
    const test = createTestSessions()
    const text = bound(test)
    const headers = { authorization: `DPoP ${text}`, dpop: await proofOf(prover, text) }
    expect(() => authenticateBearer(test.sessions, { headers })).toThrow(
      expect.objectContaining({ code: 'missing_token' }),
    )
    const options = { dpop: newDpop() }
    expect(() => authenticated(test.sessions, () => undefined, options as object)).toThrow(TypeError)
  })

  it('a token that is bound in another way is refused', () => {
    for (const cnf of [
      null,
      {},
      { jkt: 5 },
      { jkt: 'short' },
      'text',
      [],
      { 'x5t#S256': 'x'.repeat(43) },
      { jkt: 'x'.repeat(43), jwk: {} },
    ])
      expect(() => verifier.verify(sign(claims({ cnf })))).toThrow(expect.objectContaining({ code: 'invalid_claims' }))
  })

  it('the check at the service says nothing about a bound token, because it has no proof to send', async () => {
    const checked = createEdgeValidator({
      secret: SECRET,
      revocations: serviceCheck({ url: 'http://127.0.0.1:1/graphql' }),
    })
    const options = { dpop: newDpop() }
    const text = token()
    const request = new Request(`${API}/me`, {
      headers: { authorization: `DPoP ${text}`, dpop: await proofOf(prover, text) },
    })
    await expect(authenticateAtEdge(checked, request, options)).rejects.toMatchObject({
      code: 'revocations_unavailable',
    })
    expect((await authenticateAtEdge(edge, request, options)).claims.cnf).toEqual({ jkt: prover.thumbprint })
  })
})

it('GraphQL servers get the codes of the service', async () => {
  const test = createTestSessions()
  const contextOf = sessionContext(test.sessions, { dpop: newDpop() })
  const token = bound(test)
  const request = async (proof: string) =>
    contextOf(new Request(`${API}/me`, { headers: { authorization: `DPoP ${token}`, dpop: proof } }))
  const [good, bad] = [await request(await proofOf(prover, token)), await request('x')]
  expect(good.requireAuth().userId).toBe('user-1')
  expect(() => bad.requireAuth()).toThrow(
    expect.objectContaining({ extensions: expect.objectContaining({ code: 'INVALID_DPOP_PROOF' }) as object }),
  )
})

it('several guards can check one request', async () => {
  const test = createTestSessions()
  const app = Fastify()
  await app.register(sessionPlugin, { sessions: test.sessions, dpop: newDpop() })
  const onRequest = [app.requireAuth, app.requireRole('ADMIN'), app.requireRecentAuth(60)]
  app.get('/me', { onRequest }, (request) => request.auth.userId)
  onTestFinished(() => app.close())
  const token = test.token({ sub: 'user-1', roles: ['ADMIN'], cnf: { jkt: prover.thumbprint } })
  const headers = { authorization: `DPoP ${token}`, dpop: await proofOf(prover, token) }
  expect((await app.inject({ url: '/me', headers })).body).toBe('user-1')
  expect((await app.inject({ url: '/me', headers })).statusCode).toBe(401)
})

it('a proof is used up by valid tokens only, so that others can not fill the memory', async () => {
  const test = createTestSessions()
  const ids: string[] = []
  const replays = { remember: (id: string) => ids.push(id) > 0 }
  const dpop = createDpop({ urls: [API], replays })
  const token = bound(test)
  const send = async (text: string) =>
    authenticate(
      test.sessions,
      new Request(`${API}/me`, { headers: { authorization: `DPoP ${text}`, dpop: await proofOf(prover, text) } }),
      { dpop },
    )
  await expect(send(`${token}x`)).rejects.toBeInstanceOf(SessionError)
  expect(ids).toEqual([])
  await send(token)
  expect(ids).toHaveLength(1)
})
