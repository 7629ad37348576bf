import { create, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { Metadata, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCallerVerifier } from '../../../packages/contract/src/caller.js'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '../../../packages/proto/src/errors.js'
import { MAX_ECHO_BYTES, RULES } from '../../support/echo-service.js'
import { type EchoGateway, GATEWAY_KEY, startEchoGateway } from '../../support/gateway.js'
import { type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

/** Where clients reach the gateway. */
const URLS = 'https://api.example.com,https://b.example.com/v1,http://c.example.com:8080'

let running: EchoGateway
let service: Service
beforeAll(async () => {
  service = await startService()
  const rules = { ...RULES, PrivateGet: { get: '/private' } }
  running = await startEchoGateway({ TRUST_PROXY: '127.0.0.1', GATEWAY_URLS: URLS }, rules)
})
afterAll(async () => {
  await running.stop()
  await service.stop()
})

interface Details {
  reason?: string
  domain?: string
  metadata?: Record<string, string>
  fields?: { field: string; description: string; reason: string }[]
  seconds?: number
}

function metadataOf({ reason, domain = 'postern', metadata = {}, fields, seconds }: Details): Metadata {
  const details = [
    ...(reason === undefined ? [] : [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain, metadata }))]),
    ...(fields ? [anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: fields }))] : []),
    ...(seconds === undefined
      ? []
      : [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: { seconds: BigInt(seconds), nanos: 1 } }))]),
  ]
  const sent = new Metadata()
  sent.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, create(StatusSchema, { details }))))
  return sent
}

describe('the response to an error of a service', () => {
  it.each<
    [
      what: string,
      code: status,
      details: Details,
      expected: [http: number, problem: object, headers?: Record<string, string>],
    ]
  >([
    [
      'fields',
      status.INVALID_ARGUMENT,
      {
        reason: 'INVALID_INPUT',
        fields: [{ field: 'address.zip_code', description: 'Too long.', reason: 'INVALID_INPUT' }],
      },
      [
        400,
        { code: 'INVALID_INPUT', fields: [{ path: 'address.zipCode', message: 'Too long.', code: 'INVALID_INPUT' }] },
      ],
    ],
    ['a conflict', status.ALREADY_EXISTS, { reason: 'EMAIL_EXISTS' }, [409, { code: 'EMAIL_EXISTS' }]],
    [
      'a limit',
      status.RESOURCE_EXHAUSTED,
      { reason: 'RATE_LIMITED', seconds: 41 },
      [429, { code: 'RATE_LIMITED', retryAfter: 42 }, { 'retry-after': '42' }],
    ],
    [
      'a missing second factor',
      status.FAILED_PRECONDITION,
      { reason: 'MFA_REQUIRED', metadata: { challenge: 'c', methods: 'totp recovery_code' } },
      [403, { code: 'MFA_REQUIRED', challenge: 'c', methods: ['totp', 'recovery_code'] }],
    ],
    [
      'a session that has ended',
      status.UNAUTHENTICATED,
      {
        reason: 'UNAUTHENTICATED',
        metadata: { reason: 'INVALID_CREDENTIALS', status: '200', code: 'OK', requestId: 'x' },
      },
      [401, { code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS', status: 401 }, { 'www-authenticate': 'Bearer' }],
    ],
    [
      'a step-up',
      status.UNAUTHENTICATED,
      { reason: 'REAUTHENTICATION_REQUIRED', metadata: { maxAge: '300' } },
      [
        401,
        { code: 'REAUTHENTICATION_REQUIRED', maxAge: 300 },
        {
          'www-authenticate':
            'Bearer error="insufficient_user_authentication", error_description="For people.", max_age="300"',
        },
      ],
    ],
    [
      'a nonce',
      status.UNAUTHENTICATED,
      { reason: 'USE_DPOP_NONCE', metadata: { nonce: 'n' } },
      [
        401,
        { code: 'USE_DPOP_NONCE', nonce: 'n' },
        { 'dpop-nonce': 'n', 'www-authenticate': expect.stringContaining('error="use_dpop_nonce"') as never },
      ],
    ],
  ])('says all that the service says: %s', async (_, code, details, [http, problem, headers = {}]) => {
    running.echo.failWith({ code, details: 'For people.', metadata: metadataOf(details) })
    const response = await fetch(`${running.url}/echo/x`)
    expect(response.status).toBe(http)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(Object.fromEntries(response.headers)).toEqual(expect.objectContaining(headers))
    const requestId = response.headers.get('x-request-id')
    expect(await response.json()).toEqual({
      ...{ type: 'about:blank', title: expect.any(String), status: http, detail: 'For people.', requestId },
      ...problem,
    })
  })

  const BEARER = 'Bearer error="invalid_token", error_description="For people."'
  const DPOP = 'DPoP algs="ES256 EdDSA Ed25519 PS256"'

  it.each<[what: string, path: string, authorization: string | null, reason: string, challenge: string]>([
    ['a code of its own', '/echo/x', null, 'REFRESH_TOKEN_REUSED', 'Bearer'],
    ['a token that is not needed', '/echo/x', 'Bearer abc', 'UNAUTHENTICATED', 'Bearer'],
    ['a token that is needed', '/private', 'Bearer', 'UNAUTHENTICATED', BEARER],
    ['a token that is not needed, with a key', '/echo/x', 'DPoP abc', 'UNAUTHENTICATED', DPOP],
    [
      'a step-up, with a key',
      '/echo/x',
      'DPoP abc',
      'REAUTHENTICATION_REQUIRED',
      `${DPOP}, error="insufficient_user_authentication", error_description="For people."`,
    ],
  ])('has a challenge in the scheme of the request with each 401: %s', async (_, path, given, reason, challenge) => {
    const authorization = given === 'Bearer' ? `Bearer ${(await service.signUp()).token}` : given
    running.echo.failWith({ code: status.UNAUTHENTICATED, details: 'For people.', metadata: metadataOf({ reason }) })
    const response = await fetch(running.url + path, { ...(authorization !== null && { headers: { authorization } }) })
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, challenge])
  })

  it.each<[code: status, http: number, code2: string]>([
    [status.CANCELLED, 499, 'CANCELLED'],
    [status.UNKNOWN, 500, 'INTERNAL_SERVER_ERROR'],
    [status.INVALID_ARGUMENT, 400, 'BAD_REQUEST'],
    [status.NOT_FOUND, 404, 'NOT_FOUND'],
    [status.ALREADY_EXISTS, 409, 'CONFLICT'],
    [status.FAILED_PRECONDITION, 400, 'BAD_REQUEST'],
    [status.PERMISSION_DENIED, 403, 'FORBIDDEN'],
    [status.RESOURCE_EXHAUSTED, 429, 'RATE_LIMITED'],
    [status.UNIMPLEMENTED, 501, 'NOT_IMPLEMENTED'],
    [status.INTERNAL, 500, 'INTERNAL_SERVER_ERROR'],
    [status.DATA_LOSS, 500, 'INTERNAL_SERVER_ERROR'],
    [status.UNAUTHENTICATED, 401, 'UNAUTHENTICATED'],
  ])('keeps the text of a status without details to itself: %i', async (code, http, name) => {
    for (const details of [undefined, metadataOf({ reason: 'SECRET', domain: 'other' })]) {
      running.echo.failWith({ code, details: 'secret of mysql://10.0.0.1', ...(details && { metadata: details }) })
      const response = await fetch(`${running.url}/echo/x`, { method: 'PUT' })
      const text = await response.text()
      expect([response.status, (JSON.parse(text) as { code: string }).code]).toEqual([http, name])
      expect(text).not.toMatch(/secret|SECRET|10\.0/)
    }
  })
})

describe('a message that is too large', () => {
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

  it('is the fault of the client if it is the request', async () => {
    const response = await fetch(`${running.url}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ note: 'x'.repeat(MAX_ECHO_BYTES) }),
    })
    expect([response.status, await codeOf(response)]).toEqual([413, 'BAD_REQUEST'])
  })

  it('is the fault of the service if it is the response', async () => {
    running.echo.answerWith(Buffer.alloc(5 * 1024 * 1024))
    const response = await fetch(`${running.url}/echo/x`)
    expect([response.status, await codeOf(response)]).toEqual([500, 'INTERNAL_SERVER_ERROR'])
  })
})

describe('an error after which a client should come back', () => {
  it.each([
    [status.RESOURCE_EXHAUSTED, 'RATE_LIMITED', 429],
    [status.UNAVAILABLE, 'SERVICE_UNAVAILABLE', 503],
  ])('says when, also if the service does not: %i', async (code, reason, http) => {
    running.echo.failWith({ code, details: 'For people.', metadata: metadataOf({ reason }) })
    const response = await fetch(`${running.url}/echo/x`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([http, '1'])
    expect(await response.json()).toMatchObject({ code: reason, retryAfter: 1 })
  })
})

describe('the metadata of a call', () => {
  it('has nothing that a client has sent, except what is listed', async () => {
    const response = await fetch(`${running.url}/echo/a%2Fb?count=1`, {
      headers: {
        ...{ 'postern-caller': 'forged', 'postern-anything': 'x', 'grpc-status': '0', 'grpc-timeout': '1n' },
        ...{ 'grpc-status-details-bin': 'AAAA', 'x-anything': 'x', 'x-anything-bin': 'AAAA', cookie: 'a=b' },
        ...{ traceparent: 'not one', dpop: 'two, proofs', te: 'trailers', 'user-agent': 'Browser/1 (ä)' },
        ...{
          authorization: 'Bearer abc',
          'x-request-id': 'the-id',
          'x-forwarded-for': '2001:db8::1',
          'x-forwarded-host': 'api.example.com',
        },
      },
    })
    expect([response.status, response.headers.get('x-request-id')]).toEqual([200, 'the-id'])
    const sent = running.echo.metadata().getMap()
    const caller = String(sent['postern-caller'])
    expect(Object.keys(sent).sort()).toEqual(['authorization', 'postern-caller', 'user-agent', 'x-request-id'])
    expect(sent).toMatchObject({
      authorization: 'Bearer abc',
      'user-agent': expect.stringContaining('grpc-node'),
      'x-request-id': 'the-id',
    })
    const verify = createCallerVerifier([GATEWAY_KEY])
    expect(verify('/test.EchoService/Get', caller)).toEqual({
      user: null,
      address: '2001:db8::1',
      userAgent: expect.stringContaining('Browser/1'),
      requestId: 'the-id',
      http: { method: 'GET', url: 'https://api.example.com/echo/a%2Fb' },
    })
    expect(verify('/test.EchoService/Post', caller)).toBeNull()
  })

  it.each([
    ['api.example.com', 'https://api.example.com'],
    ['API.example.com', 'https://api.example.com'],
    ['b.example.com', 'https://b.example.com/v1'],
    ['B.Example.com:443', 'https://b.example.com/v1'],
    ['c.example.com:8080', 'http://c.example.com:8080'],
    ['c.example.com', 'https://api.example.com'],
    ['unknown.example.com', 'https://api.example.com'],
    ['not a host', 'https://api.example.com'],
  ])('says which URL the client has called: that of %s', async (host, base) => {
    await fetch(`${running.url}/echo/x`, { headers: { 'x-forwarded-host': host } })
    const caller = createCallerVerifier([GATEWAY_KEY])(
      '/test.EchoService/Get',
      String(running.echo.metadata().get('postern-caller')[0]),
    )
    expect(caller?.http.url).toBe(`${base}/echo/x`)
  })
})

describe('a call', () => {
  it('is canceled when the client disconnects', async () => {
    const [before, canceled] = [running.echo.calls(), running.echo.hold()]
    const controller = new AbortController()
    const request = fetch(`${running.url}/echo/x`, { signal: controller.signal })
    await until('the service has the call', () => running.echo.calls() > before)
    controller.abort()
    await expect(request).rejects.toThrow()
    expect((await canceled).deadline).toBeGreaterThan(Date.now())
  })

  it('has the time of the configuration, and then fails with 504', async () => {
    const gateway = await startEchoGateway({ GATEWAY_TIMEOUT: '1' })
    try {
      const canceled = gateway.echo.hold()
      const response = await fetch(`${gateway.url}/echo/x`)
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([504, 'TIMEOUT'])
      expect((await canceled).deadline).toBeLessThan(Date.now() + 1000)
    } finally {
      await gateway.stop()
    }
  })
})
