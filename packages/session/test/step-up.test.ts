import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Controller, Get, UseGuards } from '@nestjs/common'
import { ExpressAdapter } from '@nestjs/platform-express'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sessionContext } from '../src/apollo.js'
import { checkAmr, checkRecentAuth, createEdgeValidator, SessionError } from '../src/edge.js'
import * as forExpress from '../src/express.js'
import { sessionPlugin } from '../src/fastify.js'
import * as forHono from '../src/hono.js'
import * as forNest from '../src/nestjs.js'
import { createTestSessions, type TestSessions } from '../src/testing.js'
import { decorate, listen } from './support/nest.js'
import { claims, SECRET, sign } from './support/tokens.js'

const seconds = () => Math.floor(Date.now() / 1000)

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void (server.closeAllConnections(), server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** `/recent` requires a proof of the last five seconds, `/strong` a second factor. */
const frameworks: Record<string, (test: TestSessions) => Promise<string>> = {
  Express({ sessions }) {
    const { requireAmr, requireAuth, requireRecentAuth } = forExpress
    const app = express()
    app.get('/recent', requireAuth(sessions), requireRecentAuth(5), (_req, res) => void res.send('done'))
    app.get('/strong', requireAuth(sessions), requireAmr('mfa'), (_req, res) => void res.send('done'))
    return serve(app)
  },
  async Fastify({ sessions }) {
    const app = Fastify()
    await app.register(sessionPlugin, { sessions })
    app.get('/recent', { onRequest: [app.requireAuth, app.requireRecentAuth(5)] }, () => 'done')
    app.get('/strong', { onRequest: app.requireAmr('mfa') }, () => 'done')
    onTestFinished(() => app.close())
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  Hono({ sessions }) {
    const { optionalAuth, requireAmr, requireAuth, requireRecentAuth } = forHono
    const app = new Hono()
    app.get('/recent', requireAuth(sessions), requireRecentAuth(5), (c) => c.text('done'))
    app.get('/strong', optionalAuth(sessions), requireAmr('mfa'), (c) => c.text('done'))
    return serve((request, response) => void getRequestListener(app.fetch)(request, response))
  },
  NestJS({ sessions }) {
    class Routes {
      recent() {
        return 'done'
      }
      strong() {
        return 'done'
      }
    }
    Controller()(Routes)
    decorate(Routes, 'recent', [Get('recent'), UseGuards(forNest.requireRecentAuth(5))])
    decorate(Routes, 'strong', [Get('strong'), UseGuards(forNest.requireAmr('mfa'))])
    return listen(new ExpressAdapter(), [Routes], [forNest.optionalAuth(sessions)])
  },
}

/** Reads a challenge: the scheme, and its parameters. */
function parse(challenge: string | null) {
  const [, scheme, rest = ''] = /^(\w+) (.*)$/s.exec(challenge ?? '') ?? []
  return {
    scheme,
    ...Object.fromEntries([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  }
}

/** The two examples of RFC 9470, section 3, with this service's level of authentication. */
const OLD = `Bearer error="insufficient_user_authentication",
  error_description="More recent authentication is required",
  max_age="5"`
const WEAK = `Bearer error="insufficient_user_authentication",
  error_description="A different authentication level is required",
  acr_values="aal2"`

describe.each(Object.entries(frameworks))('under %s', (_, start) => {
  it('a proof that is too old, or of one factor, is answered with the challenge of RFC 9470', async () => {
    const test = createTestSessions()
    const url = await start(test)
    const get = async (path: string, authorization?: string) => {
      const response = await fetch(url + path, { headers: authorization === undefined ? {} : { authorization } })
      return { status: response.status, challenge: response.headers.get('www-authenticate') }
    }
    const old = await get('/recent', test.bearer({ auth_time: seconds() - 60 }))
    expect({ ...old, challenge: parse(old.challenge) }).toEqual({ status: 401, challenge: parse(OLD) })
    const weak = await get('/strong', test.bearer())
    expect({ ...weak, challenge: parse(weak.challenge) }).toEqual({ status: 401, challenge: parse(WEAK) })
    for (const path of ['/recent', '/strong']) expect(await get(path)).toEqual({ status: 401, challenge: 'Bearer' })
    const strong = test.bearer({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' })
    for (const path of ['/recent', '/strong']) expect((await get(path, strong)).status).toBe(200)
    test.fail('stale')
    for (const path of ['/recent', '/strong']) expect((await get(path, strong)).status).toBe(503)
  })
})

it('the context of GraphQL servers has both, with the code of the service', async () => {
  const test = createTestSessions()
  const authorization = test.bearer({ auth_time: seconds() - 60 })
  const context = await sessionContext(test.sessions)({ req: { headers: { authorization } } })
  expect(context.requireRecentAuth(3600).authTime).toBeInstanceOf(Date)
  expect(context.requireAmr('pwd').amr).toEqual(['pwd'])
  const refusal = (require: () => unknown): SessionError => {
    try {
      require()
    } catch (error) {
      return error as SessionError
    }
    throw new Error('It was accepted.')
  }
  const old = refusal(() => context.requireRecentAuth(5))
  expect(old.extensions).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED', maxAge: 5, http: { status: 401 } })
  const weak = refusal(() => context.requireAmr('mfa'))
  expect(weak.extensions).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED', http: { status: 401 } })
  expect(weak.required).toEqual({ acrValues: 'aal2' })
  // No level can be named for a first factor.
  expect(refusal(() => context.requireAmr('fed')).wwwAuthenticate).not.toContain('acr_values')
})

it('the edge has the checks as functions, and a token of an earlier version proves nothing', async () => {
  const sessions = createEdgeValidator({ secret: SECRET, revocations: 'none' })
  const { auth_time: _, amr: _amr, acr: _acr, ...earlier } = claims()
  const auth = await sessions.validate(sign(earlier))
  expect(auth).toMatchObject({ authTime: null, amr: [], acr: null })
  expect(() => checkRecentAuth(auth, 31_536_000)).toThrow(SessionError)
  expect(() => checkAmr(auth, ['pwd'])).toThrow(SessionError)
  expect(() => checkRecentAuth(null, 5)).toThrow('An access token is required')
  const passkey = await sessions.validate(sign(claims({ amr: ['hwk', 'user'], acr: 'aal2' })))
  expect(checkAmr(passkey, ['mfa', 'hwk'])).toBe(passkey)
  expect(() => checkAmr(passkey, ['mfa', 'otp'])).toThrow(SessionError)
})

it('a proof from the future, or at no time at all, is not recent, and the clocks of servers may differ', async () => {
  const sessions = createEdgeValidator({ secret: SECRET, revocations: 'none' })
  const proved = async (auth_time: number) => sessions.validate(sign(claims({ auth_time })))
  for (const auth_time of [seconds() + 3600, 8.64e12]) {
    const ahead = await proved(auth_time)
    expect(() => checkRecentAuth(ahead, 300)).toThrow('More recent authentication')
  }
  const impossible = { ...(await proved(seconds())), authTime: new Date(Number.NaN) }
  expect(() => checkRecentAuth(impossible, 300)).toThrow('More recent authentication')
  const near = await proved(seconds() + 30)
  expect(checkRecentAuth(near, 300)).toBe(near)
})

it.each([0, -1, 1.5, Number.NaN, Infinity, '300' as never])(
  'refuses to require a proof of the last %s seconds',
  (value) => {
    for (const require of [forExpress.requireRecentAuth, forHono.requireRecentAuth, forNest.requireRecentAuth])
      expect(() => require(value)).toThrow(TypeError)
  },
)

it('refuses to require no method at all', () => {
  expect(() => forExpress.requireAmr([])).toThrow(TypeError)
  for (const require of [forHono.requireAmr, forNest.requireAmr]) expect(() => require()).toThrow(TypeError)
})
