import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, unique } from '../../support/client.js'
import { type CollectedSpan, type Collector, KIND, outline, startCollector } from '../../support/collector.js'
import { connect, failureOf, metadata } from '../../support/grpc.js'
import { type LogLine, type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { message } }'
const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available } }'

const lines: LogLine[] = []
let collector: Collector
let service: Service

beforeAll(async () => {
  collector = await startCollector()
  const env = {
    ...collector.env,
    LOG_LEVEL: 'info',
    GRPC_PORT: '0',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20test',
  }
  service = await startService(env, { onLine: (line) => lines.push(line) })
})
afterAll(async () => {
  await service.stop()
  collector.close()
})

/** Sends a query as a service would that traces its own work. Returns the spans of the trace. */
async function traced(query: string, variables: object, headers: Record<string, string> = {}) {
  const [traceId, parentId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${parentId}-01`, ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const body = await response.text()
  return { traceId, parentId, response, body, spans: await collector.trace(traceId) }
}

const named = (spans: CollectedSpan[], name: string) => spans.filter((span) => span.name === name)

// At the same time: each waits a second until the service sends its spans.
describe.concurrent('the trace of a request', () => {
  it('is a tree from the request of the caller down to the statements, Redis commands and the hash of a login', async () => {
    const { email, password } = await service.register()
    const { spans, parentId } = await traced(LOGIN, { input: { email, password } })
    const [request] = named(spans, 'POST /graphql')
    expect(request).toMatchObject({
      ...{ kind: KIND.server, parentSpanId: parentId },
      attributes: { 'http.request.method': 'POST', 'http.route': '/graphql', 'http.response.status_code': 200 },
      resource: { 'service.name': 'postern', 'deployment.environment.name': 'a test' },
    })
    const tree = outline(spans, parentId)
    expect(tree.slice(0, 3)).toEqual(['POST /graphql', '  mutation login', '    Mutation.login'])
    expect(tree).toContain('      verify password')
    expect(tree).toContain('      SELECT users')
    expect(tree).toContain('      INSERT sessions')
    expect(named(spans, 'verify password')[0]?.events.map(({ name }) => name)).toEqual(['first in the queue'])
  })

  it('is a tree from the caller of an RPC down to the statements', async () => {
    const { email, password } = await service.register()
    const [traceId, parentId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
    const grpc = connect(service.grpc!.port)
    const traced = { metadata: metadata({ traceparent: `00-${traceId}-${parentId}-01` }) }
    await grpc.auth.login({ email, password }, traced)
    await failureOf(grpc.auth.login({ email, password: 'wrong' }, traced))
    grpc.close()
    const name = 'postern.auth.v1.AuthService/Login'
    const spans = await until('both spans', async () => {
      const found = await collector.trace(traceId)
      return named(found, name).length === 2 ? found : null
    })
    const [call, refused] = named(spans, name)
    expect(call).toMatchObject({
      ...{ kind: KIND.server, parentSpanId: parentId },
      attributes: { 'rpc.system.name': 'grpc', 'rpc.method': name, 'rpc.response.status_code': 'OK' },
    })
    expect(refused?.attributes).toMatchObject({ 'rpc.response.status_code': 'UNAUTHENTICATED' })
    const tree = outline(spans, parentId)
    expect(tree).toContain('  verify password')
    expect(tree).toContain('  INSERT sessions')
  })

  it('has the statements of Prisma and of mysql2, with placeholders for all values', async () => {
    const input = { email: `${unique()}@example.com`, username: unique(), password: unique('secret') }
    const { spans } = await traced(REGISTER, { input })
    const texts = spans.flatMap(({ attributes }) => (attributes['db.query.text'] as string | undefined) ?? [])
    expect(texts.filter((text) => text.startsWith('INSERT')).length).toBeGreaterThan(0)
    const written = JSON.stringify(spans)
    for (const value of Object.values(input)) expect(written).not.toContain(value)
  })

  it('goes on in what the consumers of its events do', async () => {
    service.app.consumers.push({
      name: 'test-traced',
      types: ['user.registered'],
      send: () => Promise.resolve(),
    })
    const input = { email: `${unique()}@example.com`, password: unique('secret') }
    const { traceId } = await traced(REGISTER, { input })
    const { spans, processing } = await until('it is processed', async () => {
      const spans = await collector.trace(traceId)
      // Other consumers process it, too.
      const processing = named(spans, 'process user.registered').find(
        ({ attributes }) => attributes['messaging.consumer.group.name'] === 'test-traced',
      )
      return processing ? { spans, processing } : null
    })
    expect(processing).toMatchObject({
      kind: KIND.consumer,
      parentSpanId: named(spans, 'Mutation.register')[0]?.spanId,
    })
    expect(outline(spans, processing.spanId)).toContain('INSERT processed_events')
  })

  it('has the names of Redis commands without their keys, and the same spans by a plan', async () => {
    const username = unique()
    await service.succeed(CHECK, { username: unique() })
    const { spans, parentId } = await traced(CHECK, { username })
    expect(outline(spans, parentId).slice(0, 3)).toEqual([
      'POST /graphql',
      '  query checkUsernameAvailability',
      '    Query.checkUsernameAvailability',
    ])
    const redis = spans.filter(({ attributes }) => attributes['db.system.name'] === 'redis')
    expect(redis.map(({ kind }) => kind)).toContain(KIND.client)
    expect(JSON.stringify(spans)).not.toContain(username)
  })

  it('says which errors a response has, and marks only those that are the fault of the service', async () => {
    const { spans } = await traced(LOGIN, { input: { email: 'nobody@example.com', password: 'wrong horse' } })
    for (const name of ['POST /graphql', 'mutation login', 'Mutation.login'])
      expect(named(spans, name)[0]).toMatchObject({
        attributes: { 'error.type': 'UNAUTHENTICATED' },
        status: { code: 0 },
      })
  })

  it('is in the log line of the request', async () => {
    const { traceId, spans } = await traced('{ policy { usernameHold } }', {})
    const find = () => lines.find((line) => line['trace_id'] === traceId && line['msg'] === 'request')
    const line = await until('the request is logged', find)
    expect(line['span_id']).toBe(named(spans, 'POST /graphql')[0]?.spanId)
  })
})

describe('the context of the caller', () => {
  const ID = '0af7651916cd43dd8448eb211c80319c'
  const GET = { 'apollo-require-preflight': '1' }

  it('is ignored if it is malformed: the request starts a trace', async () => {
    const malformed = [
      ...['canary', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `00-${ID.toUpperCase()}-b7ad6b7169203331-01`],
      ...[`ff-${ID}-b7ad6b7169203331-01`, `00-${ID}-b7ad6b7169203331-01-more`, `00-${ID}-${'0'.repeat(16)}-01`],
    ]
    const before = new Set(collector.spans)
    for (const traceparent of malformed)
      await fetch(`${service.url}/graphql?query={policy{usernameHold}}`, { headers: { ...GET, traceparent } })
    const fresh = () => collector.spans.filter((span) => !before.has(span) && span.name === 'GET /graphql')
    await until('the spans arrive', () => fresh().length === malformed.length)
    expect(new Set(fresh().map(({ parentSpanId = '' }) => parentSpanId))).toEqual(new Set(['']))
    expect(fresh().map(({ traceId }) => traceId)).not.toContain(ID)
  })

  it('keeps its tracestate, and says nothing of a request that its caller does not record', async () => {
    const kept = await traced('{ policy { usernameHold } }', {}, { tracestate: 'vendor=value' })
    expect(named(kept.spans, 'POST /graphql')[0]?.traceState).toBe('vendor=value')
    const unrecorded = randomBytes(16).toString('hex')
    await fetch(`${service.url}/graphql?query={policy{usernameHold}}`, {
      headers: { traceparent: `00-${unrecorded}-b7ad6b7169203331-00`, ...GET },
    })
    await traced('{ policy { usernameHold } }', {})
    expect(collector.spans.filter(({ traceId }) => traceId === unrecorded)).toEqual([])
  })
})

it('health checks and metrics have no traces', async () => {
  const before = collector.spans.length
  for (const path of ['/readyz', '/metrics', '/health']) await fetch(`${service.url}${path}`)
  const { spans } = await traced('{ policy { usernameHold } }', {})
  expect(collector.spans.length).toBe(before + spans.length)
})

it('counts its spans in the metrics', async () => {
  await traced('{ policy { usernameHold } }', {})
  const text = await (await fetch(`${service.url}/metrics`)).text()
  expect(text).toMatch(/^postern_trace_spans_total\{result="exported"\} [1-9]/m)
  expect(text).toMatch(/^postern_trace_spans_total\{result="dropped"\} 0$/m)
})
