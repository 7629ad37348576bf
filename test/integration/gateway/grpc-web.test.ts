import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '../../../packages/proto/src/errors.js'
import { echoService } from '../../support/echo-service.js'
import { type EchoGateway, startEchoGateway } from '../../support/gateway.js'

const ORIGIN = 'https://app.example.com'
const RULES = { Get: { get: '/get' }, Hidden: null, PrivateGet: null } as const
const { input } = echoService(RULES).method['get']!

let running: EchoGateway
beforeAll(async () => {
  running = await startEchoGateway({ ALLOWED_ORIGINS: ORIGIN, GATEWAY_RATE_LIMIT_ROUTES: 'Hidden=3/60' }, RULES)
})
afterAll(() => running.stop())

const message = (name: string) => toBinary(input, create(input, { name }))

function frame(content: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5)
  head[0] = flags
  head.writeUInt32BE(content.length, 1)
  return Buffer.concat([head, content])
}

interface Answer {
  http: number
  headers: Headers
  name: string | null
  trailers: Record<string, string>
}

async function call(rpc: string, body: Uint8Array | string, type = 'application/grpc-web+proto'): Promise<Answer> {
  const response = await fetch(`${running.url}/test.EchoService/${rpc}`, {
    method: 'POST',
    headers: { 'content-type': type, origin: ORIGIN, 'x-grpc-web': '1' },
    body: body as BodyInit,
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return {
    http: response.status,
    headers: response.headers,
    ...parse(type.includes('text') ? Buffer.from(bytes.toString(), 'base64') : bytes),
  }
}

function parse(bytes: Buffer): Pick<Answer, 'name' | 'trailers'> {
  const answer: Pick<Answer, 'name' | 'trailers'> = { name: null, trailers: {} }
  for (let at = 0; at < bytes.length;) {
    const end = at + 5 + bytes.readUInt32BE(at + 1)
    const content = bytes.subarray(at + 5, end)
    if (bytes[at] === 0) answer.name = (fromBinary(input, content) as unknown as { name: string }).name
    else
      answer.trailers = Object.fromEntries(
        content
          .toString()
          .split('\r\n')
          .flatMap((line) => {
            const [name = '', value = ''] = line.split(/: (.*)/)
            return name === '' ? [] : [[name, value]]
          }),
      )
    at = end
  }
  return answer
}

function detailsOf({ trailers }: Answer) {
  const {
    code,
    message: text,
    details,
  } = fromBinary(StatusSchema, Buffer.from(trailers['grpc-status-details-bin'] ?? '', 'base64'))
  const find = <T>(read: (any: (typeof details)[number]) => T | undefined) =>
    details.map(read).find((found) => found !== undefined)
  return {
    ...{ code, text },
    reason: find((any) => anyUnpack(any, ErrorInfoSchema))?.reason,
    fields: find((any) => anyUnpack(any, BadRequestSchema))?.fieldViolations,
    seconds: find((any) => anyUnpack(any, RetryInfoSchema))?.retryDelay?.seconds,
  }
}

describe('a request of gRPC-Web', () => {
  it.each(['application/grpc-web', 'application/grpc-web+proto', 'Application/grpc-web+proto; charset=x'])(
    'is answered with the message and the trailers: %s',
    async (type) => {
      const answer = await call('Get', frame(message('jane')), type)
      expect(answer).toMatchObject({ http: 200, name: 'jane', trailers: { 'grpc-status': '0' } })
      expect(answer.headers.get('content-type')).toBe('application/grpc-web+proto')
      expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    },
  )

  it('may be text, also in pieces', async () => {
    const bytes = frame(message('jane'))
    const pieces = [bytes.subarray(0, 5), bytes.subarray(5)].map((piece) => piece.toString('base64')).join('')
    for (const body of [bytes.toString('base64'), pieces]) {
      const answer = await call('Get', body, 'application/grpc-web-text')
      expect([answer.name, answer.headers.get('content-type')]).toEqual(['jane', 'application/grpc-web-text+proto'])
    }
  })

  it('is refused at once if it is a long text that is no base64', async () => {
    const answer = await call('Get', `${'a'.repeat(100_000)}!`, 'application/grpc-web-text')
    expect(detailsOf(answer)).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'BAD_REQUEST' })
  })

  it('can call an RPC without a route', async () => {
    expect((await call('Hidden', frame(message('jane')))).name).toBe('jane')
  })

  it.each<[what: string, rpc: string, body: Uint8Array | string, code: status, reason: string]>([
    ['an unknown RPC', 'Nothing', frame(message('x')), status.UNIMPLEMENTED, 'NOT_FOUND'],
    ['no token', 'PrivateGet', frame(message('x')), status.UNAUTHENTICATED, 'UNAUTHENTICATED'],
    ['no message', 'Get', '', status.INVALID_ARGUMENT, 'BAD_REQUEST'],
    ['a frame that is cut', 'Get', frame(message('jane')).subarray(0, 7), status.INVALID_ARGUMENT, 'BAD_REQUEST'],
    ['a length of 4 GiB', 'Get', Buffer.from('00ffffffff', 'hex'), status.INVALID_ARGUMENT, 'BAD_REQUEST'],
    [
      'two messages',
      'Get',
      Buffer.concat([frame(message('a')), frame(message('b'))]),
      status.INVALID_ARGUMENT,
      'BAD_REQUEST',
    ],
    ['a compressed message', 'Get', frame(message('a'), 1), status.INVALID_ARGUMENT, 'BAD_REQUEST'],
    ['trailers', 'Get', frame(message('a'), 0x80), status.INVALID_ARGUMENT, 'BAD_REQUEST'],
    ['a large body', 'Get', frame(message('x'.repeat(110_000))), status.INVALID_ARGUMENT, 'BAD_REQUEST'],
  ])('is refused in the trailers, with HTTP status 200: %s', async (_, rpc, body, code, reason) => {
    const before = running.echo.calls()
    const answer = await call(rpc, body)
    expect(answer).toMatchObject({
      http: 200,
      name: null,
      trailers: { 'grpc-status': String(code), 'grpc-message': expect.any(String) },
    })
    expect(detailsOf(answer)).toMatchObject({ code, reason })
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(running.echo.calls()).toBe(before)
  })

  it('gets the status and the details of the service as they are', async () => {
    running.echo.failWith({ code: status.NOT_FOUND, details: 'Höchst 100 % weg' })
    const answer = await call('Get', frame(message('x')))
    expect(answer.trailers['grpc-status']).toBe('5')
    expect(detailsOf(answer)).toMatchObject({ code: status.NOT_FOUND, reason: 'NOT_FOUND', text: 'Not found.' })
  })

  it('counts for the limits', async () => {
    const calls = []
    for (let i = 0; i < 4; i++) calls.push(await call('Hidden', frame(message('x'))))
    const last = calls.at(-1)!
    expect(last.trailers['grpc-status']).toBe(String(status.RESOURCE_EXHAUSTED))
    expect(detailsOf(last)).toMatchObject({ reason: 'RATE_LIMITED', seconds: expect.any(BigInt) })
    expect(last.headers.get('ratelimit')).toMatch(/^"Hidden";r=0;/)
  })
})
