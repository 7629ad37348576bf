import { Catch, Controller, Get, HttpException, UseFilters, UseGuards, type ArgumentsHost } from '@nestjs/common'
import { ExternalContextCreator } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { describe, expect, it } from 'vitest'
import { SessionError } from '../src/index.js'
import { CurrentAuth, optionalAuth, requireAuth, requireRole, Viewer, type Auth } from '../src/nestjs.js'
import { createTestSessions, type TestSessions } from '../src/testing.js'
import { decorate, listen, start } from './support/nest.js'

class Users {
  me(auth: Auth) {
    return auth.userId
  }
  admin() {
    return 'done'
  }
  hello(viewer: Auth | null) {
    return `Hello ${viewer?.userId ?? 'stranger'}`
  }
}
Controller()(Users)
decorate(Users, 'me', [Get('me')])
decorate(Users, 'admin', [Get('admin'), UseGuards(requireRole('ADMIN'))])
decorate(Users, 'hello', [Get('hello')])
CurrentAuth()(Users.prototype, 'me', 0)
Viewer()(Users.prototype, 'hello', 0)

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('on %s', (_, adapter) => {
  it('a global optionalAuth leaves each decision to the handler', async () => {
    const test = createTestSessions()
    const url = await listen(adapter(), [Users], [optionalAuth(test.sessions)])
    const get = async (path: string, authorization = '') => {
      const response = await fetch(url + path, { headers: { authorization } })
      return [response.status, response.headers.get('www-authenticate'), await response.text()]
    }
    expect(await get('/hello')).toEqual([200, null, 'Hello stranger'])
    expect(await get('/hello', test.bearer({ sub: 'user-1' }))).toEqual([200, null, 'Hello user-1'])
    expect(await get('/me', test.bearer({ sub: 'user-1' }))).toEqual([200, null, 'user-1'])
    expect(await get('/me')).toEqual([401, 'Bearer', expect.stringContaining('"missing_token"')])
    expect((await get('/admin', test.bearer()))[0]).toBe(403)
    expect((await get('/admin', test.bearer({ roles: ['ADMIN'] })))[0]).toBe(200)
    test.fail('stale')
    for (const path of ['/me', '/admin'])
      expect(await get(path, test.bearer())).toEqual([503, null, expect.stringContaining('"stale"')])
  })

  it('a handler that no guard protects is refused, not broken', async () => {
    const url = await listen(adapter(), [Users])
    expect((await fetch(`${url}/me`)).status).toBe(401)
    expect(await (await fetch(`${url}/hello`)).text()).toBe('Hello stranger')
  })

  it('an error that is not a refusal stays one', async () => {
    const broken = {
      validate: () => {
        throw new RangeError('a bug')
      },
    }
    for (const guard of [requireAuth(broken), optionalAuth(broken)]) {
      const url = await listen(adapter(), [Users], [guard])
      expect((await fetch(`${url}/hello`)).status).toBe(500)
    }
  })
})

it('an exception filter receives an HttpException with the SessionError as its cause', async () => {
  const seen: unknown[] = []
  class Filter {
    catch(exception: HttpException, host: ArgumentsHost) {
      seen.push(exception.cause)
      const response: { status(code: number): { send(body: string): void } } = host.switchToHttp().getResponse()
      response.status(418).send('refused')
    }
  }
  Catch(HttpException)(Filter)
  class Routes {
    me() {
      return 'done'
    }
  }
  Controller()(Routes)
  const guards = [UseGuards(requireAuth(createTestSessions().sessions)), UseFilters(new Filter())]
  decorate(Routes, 'me', [Get('me'), ...guards])
  const url = await listen(new ExpressAdapter(), [Routes])
  expect(await (await fetch(`${url}/me`)).text()).toBe('refused')
  expect(seen).toEqual([new SessionError('missing_token')])
})

/** Calls `Users.me` as @nestjs/graphql and the other transports do: through Nest's context for external libraries. */
async function external(test: TestSessions, type: string, guard = requireAuth(test.sessions)) {
  const app = await start(new ExpressAdapter(), { providers: [Users] }, [guard])
  await app.init()
  const users = app.get(Users)
  const me = users.me.bind(users) as (...args: unknown[]) => unknown
  const factory = { exchangeKeyForValue: () => null }
  const [key, none] = ['__routeArguments__', undefined]
  return app.get(ExternalContextCreator).create(users, me, 'me', key, factory, none, none, none, type) as (
    ...args: unknown[]
  ) => Promise<unknown>
}

describe('a GraphQL resolver', () => {
  it.each<[string, (request: object) => object]>([
    ['req', (req) => ({ req })],
    ['request', (request) => ({ request })],
    ['reply.request, as in Mercurius', (request) => ({ reply: { request } })],
  ])('finds the request in the context as %s', async (_, context) => {
    const test = createTestSessions()
    const me = await external(test, 'graphql')
    const request = { headers: { authorization: test.bearer({ sub: 'user-1' }) } }
    expect(await me({}, {}, context(request), {})).toBe('user-1')
  })

  it('is refused with the code, status and headers that GraphQL servers read', async () => {
    const test = createTestSessions()
    const me = await external(test, 'graphql')
    const http = { status: 401, headers: new Map([['www-authenticate', 'Bearer']]) }
    await expect(me({}, {}, { req: { headers: {} } }, {})).rejects.toMatchObject({
      extensions: { code: 'UNAUTHENTICATED', http },
    })
    test.fail('stale')
    const request = { headers: { authorization: test.bearer() } }
    await expect(me({}, {}, { req: request }, {})).rejects.toMatchObject({
      extensions: { code: 'SERVICE_UNAVAILABLE', http: { status: 503 } },
    })
  })

  it('is refused from the operation on that follows the logout, also on one connection', async () => {
    const test = createTestSessions()
    const me = await external(test, 'graphql', optionalAuth(test.sessions))
    const request = { headers: { authorization: test.bearer({ sub: 'user-1', sid: 'session-1' }) } }
    expect(await me({}, {}, { req: request }, {})).toBe('user-1')
    test.revokeSession('session-1')
    await expect(me({}, {}, { req: request }, {})).rejects.toMatchObject({ status: 401 })
  })

  it('is not anonymous, but an error, if the context has no request', async () => {
    const test = createTestSessions()
    for (const guard of [requireAuth(test.sessions), optionalAuth(test.sessions)]) {
      const me = await external(test, 'graphql', guard)
      for (const context of [undefined, {}, { req: null }])
        await expect(me({}, {}, context, {})).rejects.toThrow('The GraphQL context has no request')
    }
  })
})

it('messages of microservices and WebSockets, which have no headers, pass optionalAuth and nothing else', async () => {
  const test = createTestSessions()
  for (const type of ['rpc', 'ws']) {
    const message = { getType: () => type, getArgByIndex: () => undefined }
    expect(await optionalAuth(test.sessions).canActivate(message)).toBe(true)
    const me = await external(test, type)
    await expect(me('data', {})).rejects.toThrow(`protect HTTP and GraphQL handlers, not "${type}"`)
  }
})
