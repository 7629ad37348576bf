// Requests that the gateway refuses before it calls the service.
import { expect } from 'vitest'

const INVALID = (path: string, message: unknown = expect.any(String)) => ({ path, message, code: 'INVALID_INPUT' })
const UNKNOWN = 'Contains an unknown field.'
const deep = (levels: number) => `${'{"inner":'.repeat(levels)}{}${'}'.repeat(levels)}`

type Request = [what: string, method: string, path: string, body: unknown]

/** With the fields that are wrong. */
export const invalidFields: [...Request, fields: object[]][] = [
  [
    'unknown parameters',
    'GET',
    '/echo/x?secret=5&__proto__=1&constructor.name=2',
    undefined,
    Array(3).fill(INVALID('query')),
  ],
  [
    'thousands of unknown parameters, but only the first 50',
    'GET',
    `/echo/x?${'a&'.repeat(5000)}`,
    undefined,
    Array(50).fill(INVALID('query')),
  ],
  [
    'thousands of wrong elements, but only the first 50',
    'POST',
    '/echo',
    { tags: Array(50_000).fill(1) },
    Array.from({ length: 50 }, (_, i) => INVALID(`tags[${i}]`, 'Must be a text.')),
  ],
  [
    'thousands of elements with a field twice',
    'POST',
    '/echo',
    { list: Array(2000).fill({ zipCode: null, zip_code: null }) },
    Array.from({ length: 50 }, (_, i) => INVALID(`list[${i}]`, 'Is not valid.')),
  ],
  ['a parameter twice', 'GET', '/echo/x?count=1&count=2', undefined, [INVALID('count', 'Give it once.')]],
  [
    'a parameter of the path in the query',
    'GET',
    '/echo/x?name=y',
    undefined,
    [INVALID('name', 'Give it in the path only.')],
  ],
  ['a field of a time in the query', 'GET', '/echo/x?createdAt.seconds=1', undefined, [INVALID('query')]],
  ['a query beside a body', 'POST', '/echo?count=1', {}, [INVALID('query')]],
  ['a field that is the body in the query', 'POST', '/echo/x/nested?nested.city=a', {}, [INVALID('query')]],
  ['no UTF-8 in the query', 'GET', '/echo/x?note=%ff', undefined, [INVALID('query')]],
  [
    'values of the wrong type in the query, all of them',
    'GET',
    '/echo/x?count=five&flag=1&color=PURPLE&createdAt=yesterday&wrapped=maybe&big=99999999999999999999&ratio=&data=*',
    undefined,
    [
      INVALID('count', 'Must be a whole number in the range of its type.'),
      INVALID('flag', 'Must be true or false.'),
      INVALID('color', 'Must be one of COLOR_UNSPECIFIED, COLOR_RED, COLOR_BLUE.'),
      INVALID('createdAt', 'Must be a time, such as 2026-01-31T12:00:00Z.'),
      INVALID('wrapped', 'Must be true or false.'),
      INVALID('big'),
      INVALID('ratio', 'Must be a number.'),
      INVALID('data', 'Must be base64.'),
    ],
  ],
  [
    'values of the wrong type in the body, all of them',
    'POST',
    '/echo',
    {
      name: 5,
      count: 1.5,
      tags: ['a', 5],
      nested: { city: {}, unknown: 1 },
      list: [{}, { city: 1 }, 'x'],
      flag: 'true',
    },
    [
      INVALID('name', 'Must be a text.'),
      INVALID('count'),
      INVALID('tags[1]', 'Must be a text.'),
      INVALID('nested.city'),
      INVALID('nested', UNKNOWN),
      INVALID('list[1].city'),
      INVALID('list[2]', 'Must be an object.'),
      INVALID('flag'),
    ],
  ],
  ['unknown fields, without their names', 'POST', '/echo', { secret: 1, other: 2 }, [INVALID('body', UNKNOWN)]],
  [
    '__proto__',
    'POST',
    '/echo',
    '{"__proto__":{"flag":true},"nested":{"__proto__":1}}',
    [INVALID('body', UNKNOWN), INVALID('nested', UNKNOWN)],
  ],
  [
    'a field twice',
    'POST',
    '/echo',
    '{"count":1,"count":2}',
    [INVALID('body', 'A field occurs twice, or fields exclude each other.')],
  ],
  ['a field by both of its names', 'POST', '/echo', '{"createdAt":null,"created_at":null}', [INVALID('body')]],
  ['a list', 'POST', '/echo', [], [INVALID('body', 'Must be an object.')]],
  ['a text', 'POST', '/echo', '"{}"', [INVALID('body', 'Must be an object.')]],
  [
    'a huge number',
    'POST',
    '/echo',
    '{"count":1e400,"ratio":1e400,"big":1e30}',
    [INVALID('count'), INVALID('ratio'), INVALID('big')],
  ],
  [
    'messages that nest too deep',
    'POST',
    '/echo',
    `{"nested":${deep(40)}}`,
    [expect.objectContaining({ code: 'INVALID_INPUT' })],
  ],
  [
    'lists that nest a thousand times',
    'POST',
    '/echo',
    `{"tags":${'['.repeat(1000)}${']'.repeat(1000)}}`,
    [INVALID('tags[0]', 'Must be a text.')],
  ],
  ['half of a surrogate pair', 'POST', '/echo', '{"name":"\\ud800"}', [INVALID('name')]],
  ['a field of the path in the body', 'PUT', '/echo/x', { name: 'y' }, [INVALID('name', 'Give it in the path only.')]],
]

/** With the status of the response. */
export const malformed: [...Request, headers: Record<string, string>, status: number][] = [
  ['an unknown path', 'GET', '/nothing', undefined, {}, 404],
  ['an empty segment', 'GET', '/echo/', undefined, {}, 404],
  ['a slash at the end', 'GET', '/echo/x/', undefined, {}, 404],
  ['a path in another case', 'GET', '/Echo/x', undefined, {}, 404],
  ['the path of an RPC without a route', 'POST', '/test.EchoService/Hidden', {}, {}, 404],
  ['another method', 'DELETE', '/echo', undefined, {}, 405],
  ['no percent-encoding', 'GET', '/echo/%zz', undefined, {}, 400],
  ['no UTF-8 in the path', 'GET', '/echo/%ff', undefined, {}, 400],
  ['no JSON', 'POST', '/echo', '{"name":', {}, 400],
  ['no UTF-8 in the body', 'POST', '/echo', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, 400],
  ['a form', 'POST', '/echo', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['text that a page may send anywhere', 'POST', '/echo', '{}', { 'content-type': 'text/plain' }, 415],
  ['JSON of another charset', 'POST', '/echo', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415],
  ['a merge patch with POST', 'POST', '/echo', '{}', { 'content-type': 'application/merge-patch+json' }, 415],
  ['two types', 'POST', '/echo', '{}', { 'content-type': 'text/plain, application/json' }, 415],
  ['a compressed body', 'POST', '/echo', '{}', { 'content-encoding': 'gzip' }, 415],
  ['a long path', 'GET', `/echo/${'x'.repeat(3000)}`, undefined, {}, 414],
  ['a large body', 'POST', '/echo', { name: 'x'.repeat(110_000) }, {}, 413],
]
