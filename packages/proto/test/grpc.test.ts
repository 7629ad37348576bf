import { getEventListeners } from 'node:events'
import { create, toBinary } from '@bufbuild/protobuf'
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AuthService, type LoginRequest, type RegisterRequest, UserSchema } from '../src/auth.js'
import { AuthServiceAlias } from '../src/auth-alias.js'
import { grpcClient } from '../src/grpc-client.js'
import { grpcMethod, grpcService } from '../src/grpc-service.js'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../src/health.js'
import type { RpcResponseInit } from '../src/rpc-types.js'

type Answer<M extends keyof typeof AuthService.method> = sendUnaryData<RpcResponseInit<typeof AuthService, M>>

const canceled: string[] = []

// Logins are never answered.
const handlers = {
  register(call: ServerUnaryCall<RegisterRequest, unknown>, answer: Answer<'register'>) {
    const header = new Metadata()
    header.set('x-request-id', call.metadata.get('x-request-id')[0] ?? '')
    call.sendMetadata(header)
    answer(null, { message: 'Welcome', user: { id: '1', email: call.request.email } })
  },
  login(call: ServerUnaryCall<LoginRequest, unknown>) {
    call.on('cancelled', () => canceled.push(call.request.password))
  },
}
const health = {
  watch(call: ServerWritableStream<unknown, { status: ServingStatus }>) {
    call.write({ status: ServingStatus.SERVING })
    call.write({ status: ServingStatus.NOT_SERVING })
    call.end()
  },
}

const server = new Server()
let client: Client
beforeAll(async () => {
  server.addService(grpcService(AuthService), handlers)
  server.addService(grpcService(AuthServiceAlias), handlers)
  server.addService(grpcService(Health), health)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
})
afterAll(() => {
  client.close()
  server.forceShutdown()
})

it.each([AuthService, AuthServiceAlias])('a call reaches $typeName and returns its response', async (service) => {
  const metadata = new Metadata()
  metadata.set('x-request-id', 'a-request')
  let headers: Metadata | undefined
  const onHeaders = (received: Metadata) => (headers = received)
  const { message, user } = await grpcClient(service, client).register({ email: 'ada@x.org' }, { metadata, onHeaders })
  expect(message).toBe('Welcome')
  expect(user).toMatchObject({ id: '1', email: 'ada@x.org' })
  expect(user?.username).toBeUndefined()
  expect(headers?.get('x-request-id')).toEqual(['a-request'])
})

it('both names have the same RPCs with the same messages', () => {
  const rpcs = ({ methods }: Pick<typeof AuthService, 'methods'>) =>
    methods.map(({ name, input, output, idempotency }) => ({ name, input, output, idempotency }))
  expect(rpcs(AuthServiceAlias)).toEqual(rpcs(AuthService))
})

it('a response of several messages is iterable', async () => {
  const states: ServingStatus[] = []
  for await (const { status: state } of grpcClient(Health, client).watch({})) states.push(state)
  expect(states).toEqual([ServingStatus.SERVING, ServingStatus.NOT_SERVING])
})

it('a call ends at its deadline, and when its signal aborts, which the server notices', async () => {
  const { login } = grpcClient(AuthService, client)
  await expect(login({ password: 'late' }, { deadline: Date.now() + 50 })).rejects.toMatchObject({
    code: status.DEADLINE_EXCEEDED,
  })
  const leaving = new AbortController()
  const call = login({ password: 'left' }, { signal: leaving.signal })
  // The server has the call once a later one on the same connection is answered.
  await grpcClient(AuthService, client).register({})
  leaving.abort()
  await expect(call).rejects.toMatchObject({ code: status.CANCELLED })
  expect(getEventListeners(leaving.signal, 'abort')).toEqual([])
  await expect(login({ password: 'gone' }, { signal: leaving.signal })).rejects.toMatchObject({
    code: status.CANCELLED,
  })
  await expect.poll(() => canceled).toContain('left')
})

it('fields that the receiver does not know are dropped', () => {
  const user = toBinary(UserSchema, create(UserSchema, { id: '1', email: 'ada@x.org', firstName: 'Ada' }))
  const { requestDeserialize } = grpcMethod(AuthService.method.getUserProfile)
  expect(requestDeserialize(Buffer.from(user))).toEqual({ $typeName: 'postern.auth.v1.GetUserProfileRequest' })
})

it('a client refuses a service whose requests are streams', () => {
  const streaming = { ...AuthService.method.login, methodKind: 'bidi_streaming' as const }
  expect(() => grpcClient({ ...AuthService, methods: [streaming] } as never, client)).toThrow('Login streams requests')
})
