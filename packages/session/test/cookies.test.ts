import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { getRequestListener } from '@hono/node-server'
import { Controller, Get, UseGuards } from '@nestjs/common'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sessionContext, type SessionContext } from '../src/apollo.js'
import { authenticated, optionalAuth, requireAuth } from '../src/express.js'
import { sessionPlugin } from '../src/fastify.js'
import { optionalAuth as optionalAuthHono, requireAuth as requireAuthHono } from '../src/hono.js'
import type { Auth, TokenSourceOptions } from '../src/index.js'
import { CurrentAuth, optionalAuth as optionalAuthNest, requireAuth as requireAuthNest, Viewer } from '../src/nestjs.js'
import { createTestSessions, type TestSessions } from '../src/testing.js'
import { decorate, listen } from './support/nest.js'

type Headers = Record<string, string>

const COOKIE = '__Host-postern-access'
const LISTED = 'https://app.example.com'
const FROM_PAGE = { 'x-postern-cookies': '1', origin: LISTED }
const OPTIONS: TokenSourceOptions = { tokenFrom: ['bearer', 'cookie'], allowedOrigins: [LISTED] }

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void (server.closeAllConnections(), server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** `/me` for users only and `/hello` for everyone, in each framework. */
const frameworks: Record<string, (test: TestSessions, options: TokenSourceOptions) => Promise<string>> = {
  'node:http': async ({ sessions }, options) => {
    const mine = authenticated(sessions, (req, res) => res.end(req.auth.userId), options)
    const open = optionalAuth(sessions, options)
    return serve((req, res) => {
      if (req.url === '/me') return void mine(req, res)
      open(req, res, () => void res.end((req as { auth?: { userId: string } }).auth?.userId ?? 'stranger'))
    })
  },
  Express: async ({ sessions }, options) => {
    const app = express()
    app.get('/me', requireAuth(sessions, options), (req, res) => void res.send(req.auth?.userId))
    app.get('/hello', optionalAuth(sessions, options), (req, res) => void res.send(req.auth?.userId ?? 'stranger'))
    return serve(app)
  },
  Fastify: async ({ sessions }, options) => {
    const app = Fastify()
    await app.register(sessionPlugin, { sessions, ...options })
    app.get('/me', { onRequest: app.requireAuth }, (request, reply) => reply.send(request.auth.userId))
    app.get('/hello', { onRequest: app.optionalAuth }, (request, reply) =>
      reply.send(request.viewer?.userId ?? 'stranger'),
    )
    onTestFinished(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  Hono: async ({ sessions }, options) => {
    const app = new Hono()
    app.get('/me', requireAuthHono(sessions, options), (c) => c.text(c.var.auth.userId))
    app.get('/hello', optionalAuthHono(sessions, options), (c) => c.text(c.var.viewer?.userId ?? 'stranger'))
    return serve((request, response) => void getRequestListener(app.fetch)(request, response))
  },
  NestJS: async (test, options) => {
    class Routes {
      me(auth: Auth) {
        return auth.userId
      }
      hello(viewer: Auth | null) {
        return viewer?.userId ?? 'stranger'
      }
    }
    Controller()(Routes)
    decorate(Routes, 'me', [Get('me'), UseGuards(requireAuthNest(test.sessions, options))])
    decorate(Routes, 'hello', [Get('hello'), UseGuards(optionalAuthNest(test.sessions, options))])
    CurrentAuth()(Routes.prototype, 'me', 0)
    Viewer()(Routes.prototype, 'hello', 0)
    return listen(new FastifyAdapter(), [Routes])
  },
}

async function get(url: string, headers: Headers) {
  const response = await fetch(url, { headers })
  const text = await response.text()
  return { status: response.status, challenge: response.headers.get('www-authenticate'), text }
}

describe.each(Object.entries(frameworks))('under %s', (_, start) => {
  async function started(options = OPTIONS) {
    const test = createTestSessions()
    const url = await start(test, options)
    const cookie = `${COOKIE}=${test.token({ sub: 'cookie-user', sid: 'cookie-session' })}`
    return { test, url, cookie, me: (headers: Headers) => get(`${url}/me`, headers) }
  }

  it('a page of a listed origin, or of the own host, signs in by its cookie', async () => {
    const { url, cookie, me } = await started()
    expect(await me({ cookie, ...FROM_PAGE })).toMatchObject({ status: 200, text: 'cookie-user' })
    expect(await me({ cookie, ...FROM_PAGE, origin: url })).toMatchObject({ status: 200, text: 'cookie-user' })
    const sameOrigin = { 'x-postern-cookies': '1', 'sec-fetch-site': 'same-origin' }
    expect(await me({ cookie, ...sameOrigin })).toMatchObject({ status: 200, text: 'cookie-user' })
  })

  it('a cookie that fails the CSRF check is refused with 403 and the reason', async () => {
    const { cookie, url, me } = await started()
    const forged: [Headers, RegExp][] = [
      [{ origin: LISTED }, /x-postern-cookies/],
      [{ ...FROM_PAGE, 'x-postern-cookies': 'true' }, /x-postern-cookies/],
      [{ ...FROM_PAGE, origin: 'https://evil.example' }, /origin/],
      [{ ...FROM_PAGE, origin: 'null' }, /origin/],
      [{ ...FROM_PAGE, 'sec-fetch-site': 'cross-site' }, /another site/],
      [{ 'x-postern-cookies': '1' }, /Origin/],
    ]
    for (const [headers, reason] of forged) {
      const { status, challenge, text } = await me({ cookie, ...headers })
      expect([headers, status, challenge, (JSON.parse(text) as { code: string }).code]).toEqual([
        headers,
        403,
        null,
        'csrf_rejected',
      ])
      expect(text).toMatch(reason)
      expect(text).not.toContain(cookie.slice(-40))
      expect(await get(`${url}/hello`, { cookie, ...headers })).toMatchObject({ status: 200, text: 'stranger' })
    }
  })

  it('a Bearer token wins over the cookie, and a cookie never makes up for a bad one', async () => {
    const { test, cookie, me } = await started()
    const page = { cookie, ...FROM_PAGE }
    expect(await me({ ...page, authorization: test.bearer({ sub: 'bearer-user' }) })).toMatchObject({
      status: 200,
      text: 'bearer-user',
    })
    for (const authorization of ['Bearer nonsense', 'Bearer', 'bearer ', test.bearer({ exp: 1000 })])
      expect([authorization, (await me({ ...page, authorization })).status]).toEqual([authorization, 401])
    // Credentials for a proxy do not concern this check.
    expect(await me({ ...page, authorization: 'Basic dXNlcjpwdw==' })).toMatchObject({ text: 'cookie-user' })
    // A Bearer token needs no CSRF check: browsers never add one to a request.
    const bare = { cookie, origin: 'https://evil.example', authorization: test.bearer({ sub: 'bearer-user' }) }
    expect(await me(bare)).toMatchObject({ status: 200, text: 'bearer-user' })
  })

  it('a duplicate or malformed cookie is ignored, as the service ignores it', async () => {
    const { cookie, me } = await started()
    const malformed = [
      `${cookie}; ${cookie}`,
      `${cookie}; ${COOKIE}=other`,
      cookie.replace('=', '="').concat('"'),
      `${COOKIE}=`,
      cookie.replaceAll('.', '%2E'),
      `a=1;  ${cookie}`,
      `${COOKIE}=${'a'.repeat(5000)}`,
    ]
    for (const text of malformed)
      expect(await me({ cookie: text, ...FROM_PAGE })).toMatchObject({ status: 401, challenge: 'Bearer' })
  })

  it('a cookie is refused like any token when it is revoked or expired', async () => {
    const { test, cookie, me } = await started()
    const expired = `${COOKIE}=${test.token({ exp: 1000 })}`
    expect((await me({ cookie: expired, ...FROM_PAGE })).text).toContain('"expired"')
    test.revokeSession('cookie-session')
    expect((await me({ cookie, ...FROM_PAGE })).text).toContain('"revoked"')
    test.fail('stale')
    expect(await me({ cookie, ...FROM_PAGE })).toMatchObject({ status: 503 })
  })

  it('cookies are ignored by default', async () => {
    const { cookie, me } = await started({})
    const { status, text } = await me({ cookie, ...FROM_PAGE })
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([401, 'missing_token'])
  })

  it('Bearer tokens are ignored where only cookies are read', async () => {
    const { test, cookie, me } = await started({ tokenFrom: ['cookie'], allowedOrigins: [LISTED] })
    expect(await me({ authorization: test.bearer() })).toMatchObject({ status: 401 })
    expect(await me({ authorization: test.bearer(), cookie, ...FROM_PAGE })).toMatchObject({ text: 'cookie-user' })
  })
})

it('under Apollo, a cookie signs in, and one that fails the CSRF check is FORBIDDEN', async () => {
  const test = createTestSessions()
  const server = new ApolloServer<SessionContext>({
    typeDefs: 'type Query { me: ID! hello: String! }',
    resolvers: {
      Query: {
        me: (_: unknown, __: unknown, context: SessionContext) => context.requireAuth().userId,
        hello: (_: unknown, __: unknown, { auth }: SessionContext) => auth?.userId ?? 'stranger',
      },
    },
  })
  const context = sessionContext(test.sessions, OPTIONS)
  const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' }, context })
  onTestFinished(() => server.stop())
  const cookie = `${COOKIE}=${test.token({ sub: 'cookie-user' })}`
  const query = async (text: string, headers: Headers) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, ...headers },
      body: JSON.stringify({ query: text }),
    })
    return { status: response.status, text: await response.text() }
  }
  expect((await query('{ me }', FROM_PAGE)).text).toBe('{"data":{"me":"cookie-user"}}\n')
  const forged = { ...FROM_PAGE, origin: 'https://evil.example' }
  const refused = await query('{ me }', forged)
  expect(refused).toMatchObject({ status: 403 })
  expect(refused.text).toContain('"FORBIDDEN"')
  expect((await query('{ hello }', forged)).text).toBe('{"data":{"hello":"stranger"}}\n')
})

it('invalid options are refused at the start', () => {
  const { sessions } = createTestSessions()
  const make = (options: object) => () => requireAuth(sessions, options)
  expect(make({ tokenFrom: [] })).toThrow(TypeError)
  expect(make({ tokenFrom: ['header'] })).toThrow(/'bearer', 'cookie' or both/)
  for (const origin of [
    'app.example.com',
    'https://app.example.com/',
    '*',
    'https://*.example.com',
    'https://app.example.com/login',
  ])
    expect(make({ allowedOrigins: [origin] })).toThrow(/must be origins/)
})
