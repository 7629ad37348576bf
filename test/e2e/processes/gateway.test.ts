import type { Metadata } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answers, startAuthServer } from '../../support/auth-server.js'
import { KIND, startCollector } from '../../support/collector.js'
import { startGatewayProcess } from '../../support/gateway-process.js'
import { startProgram } from '../../support/process.js'
import { until } from '../../support/wait.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

type Auth = Awaited<ReturnType<typeof startAuthServer>>

const answers: Answers = {}
let [auth, last] = [] as unknown as [Auth, Metadata]
beforeAll(async () => {
  auth = await startAuthServer(answers)
})
afterAll(() => auth.stop())

const available: NonNullable<Answers['checkUsernameAvailability']> = (request, metadata) => {
  last = metadata
  return { available: true, username: request.username }
}

it('the gateway has probes, metrics, log lines and traces, and ends at once when it has nothing to do', async () => {
  answers.checkUsernameAvailability = available
  const collector = await startCollector()
  const gateway = await startGatewayProcess({
    AUTH_GRPC_URL: auth.target,
    METRICS_TOKEN: 'test-metrics-token-0123456789abcdef01234567',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  })
  expect(await (await fetch(`${gateway.url}/livez`)).json()).toEqual({ status: 'ok' })
  // Nothing publishes revocations here, so no token can be verified.
  const authorization = 'Bearer test-metrics-token-0123456789abcdef01234567'
  const ready = await fetch(`${gateway.url}/readyz`, { headers: { authorization } })
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'down', tokens: 'down', auth: 'up' }])

  const path = '/usernames/canary-name/availability?max_suggestions=7'
  const headers = {
    traceparent: `00-${TRACE}-${PARENT}-01`,
    'x-request-id': 'request-1',
    authorization: 'Bearer canary-token',
  }
  expect((await fetch(gateway.url + path, { headers })).status).toBe(200)
  expect((await fetch(`${gateway.url}/canary-path?canary-query`)).status).toBe(404)

  const line = await until('the log line', () => gateway.lines.find(({ requestId }) => requestId === 'request-1'))
  expect(line).toMatchObject({
    ...{ msg: 'request', method: 'GET', route: '/usernames/{username}/availability', status: 200 },
    ...{ operation: 'CheckUsernameAvailability', trace_id: TRACE },
  })
  await until('the other line', () => gateway.lines.find(({ route }) => route === 'none'))
  expect(gateway.lines.filter(({ route }) => route === '/livez')).toEqual([])
  expect(JSON.stringify(gateway.lines)).not.toContain('canary')

  expect((await fetch(`${gateway.metricsUrl}/metrics`)).status).toBe(401)
  const text = await (await fetch(`${gateway.metricsUrl}/metrics`, { headers: { authorization } })).text()
  for (const sample of [
    'postern_gateway_request_duration_seconds_count{method="GET",route="/usernames/{username}/availability",status="200"} 1',
    'postern_gateway_request_duration_seconds_count{method="GET",route="none",status="404"} 1',
    'postern_gateway_call_duration_seconds_count{service="auth",rpc="CheckUsernameAvailability",code="OK"} 1',
    'circuit_breaker_state{name="auth"} 0',
    'postern_gateway_retries_total{service="auth",result="repeated"} 0',
  ])
    expect(text).toContain(sample)
  expect(text).not.toContain('canary')
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404)

  gateway.kill('SIGTERM')
  expect((await gateway.finished).code).toBe(0)
  const [request, call] = [
    'GET /usernames/{username}/availability',
    'postern.auth.v1.AuthService/CheckUsernameAvailability',
  ].map((name) => collector.spans.find((span) => span.name === name))
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: KIND.server })
  expect(call).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId, kind: KIND.client })
  expect(last.get('traceparent')).toEqual([`00-${TRACE}-${call?.spanId}-01`])
  expect(JSON.stringify(collector.spans)).not.toContain('canary')
  collector.close()
})

describe('a gateway that stops', () => {
  const inProgress = async (env: Record<string, string>) => {
    let release: () => void = () => undefined
    const calls = auth.called.length
    answers.checkUsernameAvailability = (request, metadata) =>
      new Promise((resolve) => (release = () => resolve(available(request, metadata))))
    const gateway = await startGatewayProcess({ AUTH_GRPC_URL: auth.target, ...env })
    const response = fetch(`${gateway.url}/usernames/ada/availability`)
    await until('the call has arrived', () => auth.called.length > calls)
    gateway.kill('SIGTERM')
    return { gateway, response, release: () => release() }
  }

  it('is no longer ready, then takes no connection, and finishes what it has accepted', async () => {
    const { gateway, response, release } = await inProgress({ SHUTDOWN_DELAY: '1' })
    await until('it says that it is draining', async () => {
      const ready = await fetch(`${gateway.url}/readyz`)
      return ready.status === 503 && ((await ready.json()) as { status: string }).status === 'draining'
    })
    await until('it refuses connections', () =>
      fetch(`${gateway.url}/livez`).then(
        () => false,
        () => true,
      ),
    )
    release()
    const answered = await response
    expect([answered.status, answered.headers.get('connection')]).toEqual([200, 'close'])
    expect(await gateway.finished).toMatchObject({ code: 0, stderr: '' })
  })

  it('ends after SHUTDOWN_TIMEOUT, whatever is still in progress', async () => {
    const { gateway, response } = await inProgress({ SHUTDOWN_TIMEOUT: '1' })
    await expect(response).rejects.toThrow()
    expect((await gateway.finished).code).toBe(1)
    expect(gateway.lines.at(-1)).toMatchObject({
      level: 50,
      msg: 'requests were still in progress after SHUTDOWN_TIMEOUT',
    })
  })
})

it('a gateway whose configuration is wrong says so in plain words, and ends', async () => {
  const { finished } = startProgram('../services/gateway/dist/main.js', [], {
    GATEWAY_PORT: 'x',
    GATEWAY_METRICS_PORT: 'none',
  })
  const { code, stdout, stderr } = await finished
  expect([code, stdout]).toEqual([1, ''])
  for (const problem of [
    'GATEWAY_PORT must be',
    'GATEWAY_METRICS_PORT must be off',
    'GATEWAY_KEY is required',
    'REDIS_URL is required',
  ])
    expect(stderr).toContain(problem)
})
