import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sessionContext, type SessionContext } from '../src/apollo.js'
import { authenticated, optionalAuth, requireAuth, requireRole } from '../src/express.js'
import { sessionPlugin } from '../src/fastify.js'
import {
  optionalAuth as optionalAuthHono,
  requireAuth as requireAuthHono,
  requireRole as requireRoleHono,
} from '../src/hono.js'
import { createTestSessions, type TestSessions } from '../src/testing.js'
import { startNest } from './support/nest.js'

interface Answer {
  readonly status: number
  readonly challenge: string | null
  readonly body: unknown
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void (server.closeAllConnections(), server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function get(url: string, authorization?: string): Promise<Answer> {
  const response = await fetch(url, { headers: authorization === undefined ? {} : { authorization } })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: isJson ? JSON.parse(text) : text,
  }
}

/** The same four routes in each framework. */
const frameworks: Record<string, (test: TestSessions) => Promise<string>> = {
  'node:http': async ({ sessions }) => {
    const mine = authenticated(sessions, (req, res) => res.end(req.auth.userId))
    const [guard, admin, open] = [requireAuth(sessions), requireRole('ADMIN'), optionalAuth(sessions)]
    return serve((req, res) => {
      if (req.url === '/me') return void mine(req, res)
      if (req.url === '/admin') return guard(req, res, () => admin(req, res, () => void res.end('done')))
      if (req.url === '/lax') return open(req, res, () => admin(req, res, () => void res.end('done')))
      open(req, res, () => void res.end(`Hello ${(req as { auth?: { userId: string } }).auth?.userId ?? 'stranger'}`))
    })
  },
  Express: async ({ sessions }) => {
    const app = express()
    app.get('/me', requireAuth(sessions), (req, res) => void res.send(req.auth?.userId))
    app.get('/admin', requireAuth(sessions), requireRole('ADMIN'), (_req, res) => void res.send('done'))
    app.get('/lax', optionalAuth(sessions), requireRole('ADMIN'), (_req, res) => void res.send('done'))
    app.get('/hello', optionalAuth(sessions), (req, res) => void res.send(`Hello ${req.auth?.userId ?? 'stranger'}`))
    return serve(app)
  },
  Fastify: async ({ sessions }) => {
    const app = Fastify()
    await app.register(sessionPlugin, { sessions })
    app.get('/me', { onRequest: app.requireAuth }, (request, reply) => reply.send(request.auth.userId))
    app.get('/admin', { onRequest: app.requireRole('ADMIN') }, (_, reply) => reply.send('done'))
    app.get('/lax', { onRequest: app.requireRole('ADMIN') }, (_, reply) => reply.send('done'))
    app.get('/hello', { onRequest: app.optionalAuth }, (request, reply) =>
      reply.send(`Hello ${request.viewer?.userId ?? 'stranger'}`),
    )
    app.get('/forgotten', (request) => request.auth.userId)
    onTestFinished(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  Hono: async ({ sessions }) => {
    const app = new Hono()
    app.get('/me', requireAuthHono(sessions), (c) => c.text(c.var.auth.userId))
    app.get('/admin', requireAuthHono(sessions), requireRoleHono('ADMIN'), (c) => c.text('done'))
    app.get('/lax', optionalAuthHono(sessions), requireRoleHono('ADMIN'), (c) => c.text(c.var.auth.roles.join()))
    app.get('/hello', optionalAuthHono(sessions), (c) => c.text(`Hello ${c.var.viewer?.userId ?? 'stranger'}`))
    return serve((request, response) => void getRequestListener(app.fetch)(request, response))
  },
  'NestJS on Express': (test) => startNest(test, new ExpressAdapter()),
  'NestJS on Fastify': (test) => startNest(test, new FastifyAdapter()),
}

describe.each(Object.entries(frameworks))('under %s', (_, start) => {
  it('a request needs a valid token, and its handler gets the user', async () => {
    const test = createTestSessions()
    const url = await start(test)
    expect(await get(`${url}/me`, test.bearer({ sub: 'user-1' }))).toMatchObject({ status: 200, body: 'user-1' })
    expect(await get(`${url}/me`, test.bearer({ sub: 'user-1' }).replace('Bearer', 'bearer'))).toMatchObject({
      status: 200,
    })
  })

  it('answers 401 with the challenge of RFC 6750', async () => {
    const test = createTestSessions()
    const url = await start(test)
    expect(await get(`${url}/me`)).toMatchObject({ status: 401, challenge: 'Bearer', body: { code: 'missing_token' } })
    for (const other of ['Basic dXNlcjpwdw==', 'Bearer', 'Bearer ', 'Token abc']) {
      expect(await get(`${url}/me`, other)).toMatchObject({ status: 401, challenge: 'Bearer' })
    }
    const bearer = test.bearer({ sid: 'session-1' })
    test.revokeSession('session-1')
    const challenge = 'Bearer error="invalid_token", error_description="The access token has been revoked"'
    expect(await get(`${url}/me`, bearer)).toMatchObject({ status: 401, challenge, body: { code: 'revoked' } })
    expect(await get(`${url}/me`, test.bearer({ exp: 1000 }))).toMatchObject({ status: 401, body: { code: 'expired' } })
    expect(await get(`${url}/me`, 'Bearer a.b.c d')).toMatchObject({ status: 401, body: { code: 'malformed_token' } })
  })

  it('answers 403 for a missing role and 401 for a missing token', async () => {
    const test = createTestSessions()
    const url = await start(test)
    expect(await get(`${url}/admin`)).toMatchObject({ status: 401 })
    expect(await get(`${url}/admin`, test.bearer())).toMatchObject({
      status: 403,
      challenge: 'Bearer error="insufficient_scope", error_description="The required role is missing"',
    })
    expect(await get(`${url}/admin`, test.bearer({ roles: ['USER', 'ADMIN'] }))).toMatchObject({ status: 200 })
  })

  it('answers 503, and never 401, while tokens cannot be verified', async () => {
    const test = createTestSessions()
    const url = await start(test)
    const bearer = test.bearer({ roles: ['ADMIN'] })
    test.fail('stale')
    for (const path of ['/me', '/admin', '/lax']) {
      expect(await get(url + path, bearer)).toMatchObject({ status: 503, challenge: null, body: { code: 'stale' } })
    }
    test.fail(null)
    expect(await get(`${url}/me`, bearer)).toMatchObject({ status: 200 })
  })

  it('a route with optionalAuth accepts every request, whatever is wrong with its token', async () => {
    const test = createTestSessions()
    const url = await start(test)
    expect(await get(`${url}/hello`, test.bearer({ sub: 'user-1' }))).toMatchObject({
      status: 200,
      body: 'Hello user-1',
    })
    expect(await get(`${url}/hello`)).toMatchObject({ status: 200, body: 'Hello stranger' })
    expect(await get(`${url}/hello`, 'Bearer nonsense')).toMatchObject({ status: 200, body: 'Hello stranger' })
    test.fail('not_ready')
    expect(await get(`${url}/hello`, test.bearer())).toMatchObject({ status: 200, body: 'Hello stranger' })
  })
})

it('a Fastify route that reads request.auth without a hook is refused, not broken', async () => {
  const url = await frameworks['Fastify']!(createTestSessions())
  expect(await get(`${url}/forgotten`)).toMatchObject({ status: 401 })
})

it('an Express application can answer refusals in its own way', async () => {
  const { sessions } = createTestSessions()
  const guard = requireAuth(sessions, {
    onRefusal: (error, _req, res) => void res.writeHead(error.status).end('Invalid or expired token'),
  })
  const url = await serve((req, res) => guard(req, res, () => void res.end()))
  expect(await get(url, 'Bearer x')).toMatchObject({ status: 401, body: 'Invalid or expired token' })
})

it('an error that is not a refusal goes to next', () => {
  const broken = {
    validate: () => {
      throw new RangeError('a bug')
    },
  }
  const seen: unknown[] = []
  requireAuth(broken)({ headers: {} } as never, {} as never, (error) => seen.push(error))
  expect(seen).toEqual([new RangeError('a bug')])
})

describe('under Apollo', () => {
  async function startApollo(test: TestSessions) {
    const server = new ApolloServer<SessionContext>({
      typeDefs: 'type Query { hello: String! me: ID! users: Int! }',
      resolvers: {
        Query: {
          hello: (_: unknown, __: unknown, { auth }: SessionContext) => `Hello ${auth?.userId ?? 'stranger'}`,
          me: (_: unknown, __: unknown, context: SessionContext) => context.requireAuth().userId,
          users: (_: unknown, __: unknown, context: SessionContext) => context.requireRole('ADMIN').roles.length,
        },
      },
    })
    const { url } = await startStandaloneServer(server, {
      listen: { port: 0, host: '127.0.0.1' },
      context: sessionContext(test.sessions),
    })
    onTestFinished(() => server.stop())
    return async (query: string, authorization = '') => {
      const headers = { 'content-type': 'application/json', authorization }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
      const { data, errors } = (await response.json()) as { data: unknown; errors?: { extensions: { code: string } }[] }
      return {
        status: response.status,
        challenge: response.headers.get('www-authenticate'),
        data,
        code: errors?.[0]?.extensions.code,
      }
    }
  }

  it('each resolver decides what it requires, and public fields stay public', async () => {
    const test = createTestSessions()
    const ask = await startApollo(test)
    expect(await ask('{ hello }')).toMatchObject({ status: 200, data: { hello: 'Hello stranger' } })
    expect(await ask('{ hello }', 'Bearer nonsense')).toMatchObject({ status: 200, data: { hello: 'Hello stranger' } })
    expect(await ask('{ me }', test.bearer({ sub: 'user-1' }))).toMatchObject({ status: 200, data: { me: 'user-1' } })
    expect(await ask('{ users }', test.bearer({ roles: ['ADMIN'] }))).toMatchObject({ status: 200, data: { users: 1 } })
  })

  it('refusals have the code and the HTTP status', async () => {
    const test = createTestSessions()
    const ask = await startApollo(test)
    expect(await ask('{ me }')).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', challenge: 'Bearer' })
    expect(await ask('{ users }', test.bearer())).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    test.fail('stale')
    expect(await ask('{ me }', test.bearer())).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      challenge: null,
    })
  })
})

it('the validator for tests refuses as the real one does', () => {
  const test = createTestSessions()
  const validate = (token: string) => {
    try {
      return test.sessions.validate(token).sub
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  const token = test.token({ sub: 'u', jti: 't', gen: 2 })
  expect(validate(token)).toBe('u')
  test.revokeUser('u', 2)
  expect(validate(token)).toBe('u')
  test.revokeToken('t')
  expect(validate(token)).toBe('revoked')
  expect(validate(createTestSessions().token())).toBe('bad_signature')
  expect(test.sessions.status()).toMatchObject({ ready: true, revocations: 2 })
})
