import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCallerSigner, type GatewayCaller } from '../../../packages/contract/src/caller.js'
import { storedEntries } from '../../support/audit.js'
import { unique } from '../../support/client.js'
import { createProver } from '../../support/dpop.js'
import { bearer, connect, failureOf, type GrpcConnection, metadata } from '../../support/grpc.js'
import { type Service, startService } from '../../support/service.js'

const KEY = 'test-gateway-key-0123456789abcdef0123456'
const PREVIOUS = 'test-previous-gateway-key-0123456789abcdef'
const LOGIN = '/postern.auth.v1.AuthService/Login'
const REGISTER = '/postern.auth.v1.AuthService/Register'

let service: Service
let grpc: GrpcConnection

beforeAll(async () => {
  service = await startService({
    ...{ GRPC_PORT: '0', GATEWAY_KEY: KEY, GATEWAY_KEY_PREVIOUS: PREVIOUS, RATE_LIMIT_REGISTER: '2/3600' },
  })
  grpc = connect(service.grpc!.port)
})
afterAll(async () => {
  grpc.close()
  await service.stop()
})

const callerFrom = (address: string): GatewayCaller => ({
  user: null,
  address,
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  requestId: 'request-at-the-gateway',
  http: { method: 'POST', url: 'https://api.example.com/auth/login' },
})
const signed = (method: string, caller: GatewayCaller, { key = KEY, age = 0 } = {}) => ({
  metadata: metadata({ 'postern-caller': createCallerSigner(key, () => Date.now() / 1000 - age)(method, caller) }),
})
const account = () => ({ email: `${unique()}@example.com`, password: 'correct horse' })

describe('the caller that the gateway has signed', () => {
  it('is whose address, program and request id the audit log has', async () => {
    const { user } = await grpc.auth.register(account(), signed(REGISTER, callerFrom('198.51.100.1')))
    const [entry] = await storedEntries(service.database, { account: user!.id })
    expect(entry).toMatchObject({
      ...{ action: 'REGISTER', ip_address: '198.51.100.1', request_id: 'request-at-the-gateway' },
      user_agent: expect.stringContaining('Firefox'),
    })
  })

  it('is whose address the limits count, not that of the gateway', async () => {
    const register = (address: string) => grpc.auth.register(account(), signed(REGISTER, callerFrom(address)))
    await register('198.51.100.2')
    await register('198.51.100.2')
    const failure = await failureOf(register('198.51.100.2'))
    expect(failure).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'RATE_LIMITED' })
    expect(failure.retryAfter).toBeGreaterThan(3500)
    expect((await register('198.51.100.3')).user).toBeDefined()
  })

  it('may be signed with the key before a rotation', async () => {
    const call = grpc.auth.register(account(), signed(REGISTER, callerFrom('198.51.100.4'), { key: PREVIOUS }))
    expect((await call).user).toBeDefined()
  })

  it('makes a DPoP proof count for the HTTP request', async () => {
    const user = account()
    await grpc.auth.register(user, signed(REGISTER, callerFrom('198.51.100.5')))
    const prover = await createProver()
    const at = { ...callerFrom('198.51.100.5'), http: { method: 'POST', url: 'http://localhost:8090/auth/login?a=b' } }
    const login = async (htu: string) => {
      const call = signed(LOGIN, at)
      call.metadata.set('dpop', await prover.proof({ htm: 'POST', htu }))
      return grpc.auth.login(user, call)
    }
    expect((await login('http://localhost:8090/auth/login')).tokenType).toBe('DPoP')
    const ofTheCall = `http://127.0.0.1:${service.grpc!.port}${LOGIN}`
    expect((await failureOf(login(ofTheCall))).code).toBe('INVALID_DPOP_PROOF')
  })

  it('gives no permissions: the access token does', async () => {
    const { id } = await service.register()
    const user = { id, sessionId: 'session', roles: ['ADMIN'], amr: ['pwd'], authTime: null }
    const call = signed('/postern.auth.v1.AuthService/GetUserProfile', { ...callerFrom('198.51.100.6'), user })
    expect((await failureOf(grpc.auth.getUserProfile({}, call))).code).toBe('UNAUTHENTICATED')
  })

  it.each([
    ['forged', () => signed(LOGIN, callerFrom('198.51.100.7'), { key: 'the-key-of-someone-else-0123456789abcdef' })],
    ['expired', () => signed(LOGIN, callerFrom('198.51.100.7'), { age: 31 })],
    ['of another RPC', () => signed(REGISTER, callerFrom('198.51.100.7'))],
    ['of the same RPC under another name', () => signed('/auth.AuthService/Login', callerFrom('198.51.100.7'))],
    ['none', () => ({ metadata: metadata({ 'postern-caller': 'none' }) })],
  ])('is refused if it is %s', async (_, call) => {
    const failure = await failureOf(grpc.auth.login({ email: 'a@example.com', password: 'x' }, call()))
    expect(failure).toMatchObject({ status: 'UNAUTHENTICATED', code: 'UNAUTHENTICATED' })
    expect(failure.message).toContain('postern-caller')
  })

  it('is not needed: other clients call for themselves', async () => {
    const { token } = await service.signUp()
    expect((await grpc.auth.getUserProfile({}, bearer(token))).user).toBeDefined()
  })
})
