import { describe, expect, it } from 'vitest'
import { echoService, type Rules } from '../../../test/support/echo-service.js'
import { createLogger } from '../../../packages/service/src/logger.js'
import { addDispatch } from '../src/http/dispatch.js'
import { createHttpServer } from '../src/http/server.js'
import { watchRouteNames } from '../src/limits/route-names.js'
import { createRouteTable } from '../src/routes/match.js'
import { routesOf } from '../src/routes/route.js'
import { parseTemplate } from '../src/routes/template.js'

const tableOf = (rules: Rules) => createRouteTable(routesOf('echo', [echoService(rules)]))

describe('the annotations of RPCs', () => {
  it.each<[what: string, rules: Rules, message: RegExp]>([
    [
      'two routes with the same path',
      { A: { get: '/x/{name}' }, B: { get: '/x/{note}' } },
      /B.* have the same route: GET \/x\/\*/,
    ],
    [
      'an additional binding that is taken',
      { A: { get: '/x' }, B: { get: '/y', additionalBindings: [{ get: '/x' }] } },
      /GET \/x$/,
    ],
    [
      'an unknown field in a path',
      { A: { get: '/x/{nothing}' } },
      /rpc test\.EchoService\.A: test\.Echo has no field nothing/,
    ],
    ['a list in a path', { A: { get: '/x/{tags}' } }, /tags: it is no single value/],
    ['a message in a path', { A: { get: '/x/{nested}' } }, /nested: it is no single value/],
    ['a field twice in a path', { A: { get: '/x/{name}/{name}' } }, /occurs twice/],
    ['an unknown field as the body', { A: { post: '/x', body: 'nothing' } }, /no field nothing/],
    ['a body with GET', { A: { get: '/x', body: '*' } }, /GET has no body/],
    ['an unknown field as the response', { A: { get: '/x', responseBody: 'nothing' } }, /no field nothing/],
    ['a relative path', { A: { get: 'x' } }, /must start with a slash/],
    ['segments after **', { A: { get: '/{name=**}/x' } }, /nothing can follow/],
    ['a brace that is not closed', { A: { get: '/{name' } }, /not valid/],
    ['an empty segment', { A: { get: '/x//y' } }, /a segment is/],
    ['two verbs', { A: { get: '/x:a:b' } }, /verb/],
  ])('are refused at the start for %s', (_, rules, message) => {
    expect(() => tableOf(rules)).toThrow(message)
  })

  it('are refused at the start for a PATCH whose message has no mask: null could clear nothing', () => {
    const service = echoService({ A: { patch: '/x', body: '*' } })
    const [method] = service.methods
    const withoutMask = { ...method!, input: method!.input.field['nested']!.message! }
    expect(() => routesOf('echo', [{ ...service, methods: [withoutMask] }])).toThrow(
      /a PATCH needs the field update_mask/,
    )
  })

  it('may have different methods and verbs for the same path', () => {
    const table = tableOf({ A: { get: '/x' }, B: { post: '/x' }, C: { post: '/x:undo' }, D: { post: '/x:redo' } })
    const nameOf = (method: string, url: string) => {
      const found = table.find(method, url)
      return found?.route.method.name ?? null
    }
    expect([nameOf('GET', '/x'), nameOf('POST', '/x'), nameOf('POST', '/x:undo'), nameOf('POST', '/x:redo')]).toEqual([
      'A',
      'B',
      'C',
      'D',
    ])
    expect([nameOf('POST', '/x:other'), nameOf('POST', '/x:')]).toEqual([null, null])
  })
})

it('no RPC can have a path of the gateway itself', async () => {
  const http = createHttpServer(createLogger('silent'), { maxConnections: 1, bodyLimit: 1, headers: [], timeoutMs: 1 })
  http.get('/livez', () => 'ok')
  const routes = routesOf('echo', [echoService({ A: { get: '/livez' } })])
  const unused = () => Promise.reject(new Error('nothing calls this'))
  addDispatch(http, {
    routes,
    table: createRouteTable(routes),
    methodsOf: () => [],
    rpcs: new Map(),
    transcode: unused,
    answerGrpcWeb: unused,
  })
  await expect(http.ready()).rejects.toThrow('rpc test.EchoService.A: GET /livez is a route of the gateway itself')
})

it('a limit needs a route', () => {
  const http = createHttpServer(createLogger('silent'), { maxConnections: 1, bodyLimit: 1, headers: [], timeoutMs: 1 })
  const check = watchRouteNames(http, ['Login'])
  http.get('/overview', { config: { operation: { name: 'Overview', access: 'signed-in' } } }, () => 'ok')
  expect(() =>
    check(
      new Map([
        ['Login', null],
        ['Overview', null],
      ]),
    ),
  ).not.toThrow()
  expect(() => check(new Map([['login', null]]))).toThrow(
    'GATEWAY_RATE_LIMIT_ROUTES names what is no RPC and no route: login',
  )
})

describe('the route of a path', () => {
  const table = tableOf({
    Literal: { get: '/a/b' },
    One: { get: '/a/{name}' },
    Rest: { get: '/a/{name=**}' },
    Middle: { get: '/{name}/b/c' },
  })

  it.each([
    ['/a/b', 'Literal'],
    ['/a/%62', 'Literal'],
    ['/a/c', 'One'],
    ['/a/b%2Fc', 'One'],
    ['/a/b:c', 'One'],
    ['/a/b/c', 'Rest'],
    ['/a', 'Rest'],
    ['/x/b/c', 'Middle'],
    ['http://other.example/a/b', 'Literal'],
    ['/a/b?c#d', 'Literal'],
    ['/', null],
    ['', null],
    ['*', null],
    ['//a/b', null],
    ['/x/b', null],
  ])('of %s is that of %s', (url, name) => {
    const found = table.find('GET', url)
    expect(found?.route.method.name ?? null).toBe(name)
  })
})

describe('a path that several routes have', () => {
  const table = tableOf({
    List: { get: '/a/list' },
    Remove: { delete: '/a/{name}' },
    Test: { post: '/a/{name}:test' },
    Read: { get: '/a/{name}' },
    All: { put: '/a/{name=**}' },
  })
  const nameOf = (method: string, url: string) => {
    const found = table.find(method, url)
    return found && [found.route.method.name, found.segments.join('/')]
  }

  it('has the methods of all of them', () => {
    expect(nameOf('GET', '/a/list')).toEqual(['List', 'a/list'])
    expect(nameOf('HEAD', '/a/list')).toEqual(['List', 'a/list'])
    expect(nameOf('DELETE', '/a/list')).toEqual(['Remove', 'a/list'])
    expect(nameOf('PUT', '/a/list')).toEqual(['All', 'a/list'])
    expect(nameOf('POST', '/a/b:test')).toEqual(['Test', 'a/b'])
    expect(nameOf('GET', '/a/b:test')).toEqual(['Read', 'a/b:test'])
    expect(nameOf('PUT', '/a/b/c')).toEqual(['All', 'a/b/c'])
  })

  it('says them', () => {
    expect(nameOf('PATCH', '/a/list')).toBeNull()
    expect(table.methodsOf('/a/list')).toEqual(['GET', 'HEAD', 'DELETE', 'PUT'])
    expect(table.methodsOf('/a/b:test')).toEqual(['POST', 'DELETE', 'GET', 'HEAD', 'PUT'])
    expect(table.methodsOf('/a/b/c')).toEqual(['PUT'])
    expect(table.methodsOf('/b')).toEqual([])
  })
})

it('reads the parts of a template', () => {
  expect(parseTemplate('/v1/{nested.city=a/*}/b/{name=**}:run')).toEqual({
    segments: [{ literal: 'v1' }, { literal: 'a' }, '*', { literal: 'b' }, '**'],
    variables: [
      { fieldPath: ['nested', 'city'], from: 1, to: 3 },
      { fieldPath: ['name'], from: 4, to: undefined },
    ],
    verb: 'run',
  })
})
