import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { getRequestListener } from '@hono/node-server'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sessionContext, type SessionContext } from '../src/apollo.js'
import { createEdgeValidator, type EdgeValidator } from '../src/edge.js'
import { requireAuth as requireAuthExpress } from '../src/express.js'
import { sessionPlugin } from '../src/fastify.js'
import { optionalAuth, requireAuth, requireRole } from '../src/hono.js'
import { authenticate, type Validates } from '../src/index.js'
import { startNest } from './support/nest.js'
import { claims, SECRET, sign } from './support/tokens.js'

/** The routes of glue.test.ts, in the frameworks that await the validator. */
const frameworks: Record<string, (sessions: EdgeValidator) => Promise<string>> = {
  Hono: async (sessions) => {
    const app = new Hono()
    app.get('/me', requireAuth(sessions), (c) => c.text(c.var.auth.userId))
    app.get('/lax', optionalAuth(sessions), requireRole('ADMIN'), (c) => c.text('done'))
    app.get('/hello', optionalAuth(sessions), (c) => c.text(`Hello ${c.var.viewer?.userId ?? 'stranger'}`))
    const listener = getRequestListener(app.fetch)
    const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void (server.closeAllConnections(), server.close()))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },
  Fastify: async (sessions) => {
    const app = Fastify()
    await app.register(sessionPlugin, { sessions })
    app.get('/me', { onRequest: app.requireAuth }, (request) => request.auth.userId)
    app.get('/lax', { onRequest: app.requireRole('ADMIN') }, () => 'done')
    app.get('/hello', { onRequest: app.optionalAuth }, ({ viewer }) => `Hello ${viewer?.userId ?? 'stranger'}`)
    onTestFinished(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  'NestJS on Express': (sessions) => startNest({ sessions }, new ExpressAdapter()),
  'NestJS on Fastify': (sessions) => startNest({ sessions }, new FastifyAdapter()),
}

const bearer = (more = {}) => `Bearer ${sign({ ...claims(), sub: 'user-1', ...more })}`
const validator = (revocations: 'none' | (() => Promise<boolean>)) =>
  createEdgeValidator({ secret: SECRET, revocations })

describe.each(Object.entries(frameworks))('with the validator for the edge, %s', (_, start) => {
  async function startWith(sessions: EdgeValidator) {
    const url = await start(sessions)
    return async (path: string, authorization = '') => {
      const response = await fetch(url + path, { headers: { authorization } })
      return [response.status, response.headers.get('www-authenticate'), await response.text()]
    }
  }

  it('knows the user, and refuses with the same status and headers', async () => {
    const get = await startWith(validator('none'))
    expect(await get('/me', bearer())).toEqual([200, null, 'user-1'])
    expect(await get('/hello', bearer())).toEqual([200, null, 'Hello user-1'])
    expect(await get('/hello')).toEqual([200, null, 'Hello stranger'])
    expect(await get('/lax', bearer({ roles: ['ADMIN'] }))).toEqual([200, null, 'done'])
    expect((await get('/lax', bearer({ roles: ['USER'] })))[0]).toBe(403)
    expect(await get('/me')).toEqual([401, 'Bearer', expect.stringContaining('"missing_token"')])
    expect(await get('/me', `${bearer()}x`)).toEqual([401, expect.any(String), expect.stringContaining('"code"')])
  })

  it('waits for the check of revocations', async () => {
    const revoked = await startWith(validator(() => Promise.resolve(true)))
    expect(await revoked('/me', bearer())).toEqual([401, expect.any(String), expect.stringContaining('"revoked"')])
    expect(await revoked('/hello', bearer())).toEqual([200, null, 'Hello stranger'])
    const unavailable = await startWith(validator(() => Promise.reject(new Error('unavailable'))))
    for (const path of ['/me', '/lax'])
      expect(await unavailable(path, bearer({ roles: ['ADMIN'] }))).toEqual([
        503,
        null,
        expect.stringContaining('"revocations_unavailable"'),
      ])
  })
})

it('sessionContext of Apollo awaits the validator for the edge', async () => {
  const server = new ApolloServer<SessionContext>({
    typeDefs: 'type Query { me: ID! }',
    resolvers: { Query: { me: (_: unknown, __: unknown, context: SessionContext) => context.requireAuth().userId } },
  })
  const context = sessionContext(validator('none'))
  const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' }, context })
  onTestFinished(() => server.stop())
  const ask = async (authorization: string) => {
    const headers = { 'content-type': 'application/json', authorization }
    const response = await fetch(url, { method: 'POST', headers, body: '{"query":"{ me }"}' })
    return [response.status, ((await response.json()) as { data?: unknown }).data]
  }
  expect(await ask(bearer())).toEqual([200, { me: 'user-1' }])
  expect((await ask('Bearer x'))[0]).toBe(401)
})

it('code that cannot wait refuses such a validator, and does not take its promise for a user', async () => {
  for (const revocations of ['none', () => Promise.reject(new Error('unavailable'))] as const) {
    const sessions = validator(revocations) as unknown as Validates
    const request = { headers: { authorization: bearer() } }
    expect(() => authenticate(sessions, request)).toThrow(TypeError)
    const seen: unknown[] = []
    requireAuthExpress(sessions)(request as never, {} as never, (error) => seen.push(error))
    expect(seen).toEqual([expect.any(TypeError)])
  }
  // An unhandled rejection would fail this test.
  await new Promise((resolve) => setImmediate(resolve))
})
