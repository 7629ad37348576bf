import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, type JWTPayload } from 'jose'
import type { EventData, EventType } from '../../src/services/events/index.js'
import { keyCommands, keysFolder } from './keys.js'
import { testRedisUrl } from './redis.js'
import { startService, type Service } from './service.js'
import { until } from './wait.js'

export const ISSUER = 'https://auth.example.com'
export const AUDIENCE = 'https://receiver.example.com'

export const CREATE_STREAM = `mutation ($input: CreateSignalStreamInput!) { createSignalStream(input: $input) {
  token stream { id audience description delivery endpointUrl hasAuthorizationHeader eventsRequested eventsDelivered status } } }`

export type SignalService = Awaited<ReturnType<typeof startSignalService>>

/** A service with keys and an administrator. `alone`: without background jobs. */
export async function startSignalService(env: Record<string, string> = {}, { alone = false } = {}) {
  const keys = await keysFolder()
  // Tests rotate to a key that is younger.
  await keyCommands(keys.path, {}, () => new Date(Date.now() - 3_600_000)).rotate()
  const environment = {
    ...{ KEYS_DIR: keys.path, JWT_SECRET: '', REVOCATION_KEY: 'r'.repeat(32), JWT_ISSUER: ISSUER },
    ...{ OUTBOUND_ALLOWED_HOSTS: '127.0.0.1', ...env },
  }
  const service = await startService(environment, { alone })
  const admin = await service.signUpAdmin((email) =>
    service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null),
  )

  return {
    ...service,
    keys,
    /** Of another instance. */
    environment: { ...environment, DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() },
    admin,

    /** As the administrator. */
    ask: (query: string, variables: object = {}) => service.succeed(query, variables, admin.token),

    /** For what happens from now on: what was recorded before is no signal of this stream. */
    async createStream(input: object): Promise<{ id: string; token: string }> {
      if (!alone) await eventsAreConsumed(service)
      const data = await service.succeed(CREATE_STREAM, { input: { audience: AUDIENCE, ...input } }, admin.token)
      const { stream, token } = data['createSignalStream'] as { stream: { id: string }; token: string }
      return { id: stream.id, token }
    },

    /** A request of a receiver. */
    async call(method: string, path: string, token: string | null, body?: unknown) {
      const response = await fetch(service.url + path, {
        method,
        headers: {
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const answer = await response.text()
      const json = answer === '' ? null : JSON.parse(answer)
      return { status: response.status, headers: response.headers, json }
    },

    verifyToken: (token: string) => verifyToken(service, token, environment.JWT_ISSUER),

    async stop() {
      await service.stop()
      await keys.remove()
    },
  }
}

async function eventsAreConsumed({ database }: Pick<Service, 'database'>) {
  await until('earlier events are consumed', async () => {
    const [waiting] = await database.query(
      `SELECT (SELECT COUNT(*) FROM outbox WHERE published_at IS NULL) +
       (SELECT COUNT(*) FROM event_deliveries WHERE consumer = 'signals') AS number`,
      [],
    )
    return Number((waiting as { number: unknown }).number) === 0
  })
}

/** As a receiver does it, with another library. */
async function verifyToken({ url }: { url: string }, token: string, issuer: string) {
  const jwks = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as JSONWebKeySet
  const expected = { issuer, audience: AUDIENCE, typ: 'secevent+jwt', algorithms: ['ES256'] }
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), expected)
  const [[type, event] = ['', {}]] = Object.entries(payload['events'] as Record<string, Record<string, unknown>>)
  return { header: protectedHeader, payload: payload as JWTPayload & Record<string, any>, type, event }
}

/** An event as a change writes it. */
export async function recordEvent<Type extends EventType>(
  { database }: Pick<Service, 'database'>,
  userId: string,
  type: Type,
  data: EventData[Type],
): Promise<string> {
  const id = randomUUID()
  await database.query('UPDATE users SET event_seq = event_seq + 1 WHERE id = ?', [userId])
  await database.query(
    `INSERT INTO outbox (id, type, user_id, seq, at, data) SELECT ?, ?, ?, event_seq, UTC_TIMESTAMP(3), ?
     FROM users WHERE id = ?`,
    [id, type, userId, JSON.stringify(data), userId],
  )
  return id
}

export interface PushedRequest {
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** A receiver of pushes. `answer` decides what it says; without an answer, the request stays open. */
export async function startReceiver(answer: (request: PushedRequest) => { status: number; body?: string } | null) {
  const requests: PushedRequest[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const received = { headers: request.headers, body }
      requests.push(received)
      const said = answer(received)
      if (said) response.writeHead(said.status, { 'content-type': 'application/json' }).end(said.body ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
