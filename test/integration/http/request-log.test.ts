import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { LOGIN, unique } from '../../support/client.js'
import { type LogLine, startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

const lines: LogLine[] = []
let service: Service

beforeAll(async () => {
  // One at a time: a request that took two places would be refused.
  const env = { LOG_LEVEL: 'info', MAX_CONCURRENT_REQUESTS: '1' }
  service = await startService(env, { onLine: (line) => lines.push(line) })
})
afterAll(() => service.stop())
beforeEach(() => {
  lines.length = 0
})

async function lineOf(requestId: string | null): Promise<LogLine> {
  const find = () => lines.filter((line) => line['requestId'] === requestId && line['msg'] === 'request')
  await until('the request is logged', () => find().length > 0)
  expect(find()).toHaveLength(1)
  return find()[0]!
}

async function errors(operation: string, code: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text()
  const sample = new RegExp(`^postern_graphql_errors_total\\{operation="${operation}",code="${code}"\\} (\\d+)$`, 'm')
  return Number(sample.exec(text)?.[1] ?? 0)
}

const CHECK = `query Hidden($username: String!, $first: Int) {
  hidden: checkUsernameAvailability(username: $username) { suggestions(first: $first) }
}`

describe('the log line of a request', () => {
  it('has the operation in the names of the schema, and the user', async () => {
    const { token, id } = await service.signUp()
    const { headers } = await service.graphql('query Hidden { hidden: profile { id } sessions { id } }', {}, token)
    const line = await lineOf(headers.get('x-request-id'))
    expect(line).toMatchObject({ operation: 'profile,sessions', userId: id, status: 200, route: '/graphql' })
    expect(line).not.toHaveProperty('errorCodes')
    expect(JSON.stringify(line)).not.toContain('idden')
  })

  it('has the user of a login', async () => {
    const { email, password, id } = await service.register()
    const { headers } = await service.graphql(LOGIN, { input: { email, password } })
    expect(await lineOf(headers.get('x-request-id'))).toMatchObject({ operation: 'login', userId: id })
  })

  it('has the codes of its errors, each once, and the metric counts each error', async () => {
    const before = await errors('profile', 'UNAUTHENTICATED')
    const { headers } = await service.graphql('{ a: profile { id } b: policy { usernameHold } }')
    expect(await lineOf(headers.get('x-request-id'))).toMatchObject({
      operation: 'profile,policy',
      errorCodes: ['UNAUTHENTICATED'],
    })
    expect(await errors('profile', 'UNAUTHENTICATED')).toBe(before + 1)
  })

  it('has no operation if the request failed before one was known', async () => {
    const { headers } = await service.graphql('{ hidden }')
    const line = await lineOf(headers.get('x-request-id'))
    expect(line).toMatchObject({ errorCodes: ['GRAPHQL_VALIDATION_FAILED'] })
    expect(line).not.toHaveProperty('operation')
    expect(await errors('none', 'GRAPHQL_VALIDATION_FAILED')).toBeGreaterThan(0)
  })

  it.each([
    ['an unknown path', '/nothing', 'NOT_FOUND'],
    ['a malformed URL', '/%zz', 'BAD_REQUEST'],
  ])('is written for %s', async (_, path, code) => {
    const { headers } = await fetch(`${service.url}${path}`)
    expect(await lineOf(headers.get('x-request-id'))).toMatchObject({ route: 'none', errorCodes: [code] })
  })
})

describe('a request that a plan passes on', () => {
  it('is one request: logged and counted once, and in one place of the concurrent ones', async () => {
    const variables = { username: unique() }
    for (let use = 1; use <= 2; use++) await service.succeed(CHECK, variables)
    const before = await errors('checkUsernameAvailability', 'INVALID_INPUT')
    for (let use = 1; use <= 2; use++) {
      const { code, headers } = await service.graphql(CHECK, { ...variables, first: 0 })
      expect(code).toBe('INVALID_INPUT')
      expect(await lineOf(headers.get('x-request-id'))).toMatchObject({
        operation: 'checkUsernameAvailability',
        errorCodes: ['INVALID_INPUT'],
      })
    }
    expect(await errors('checkUsernameAvailability', 'INVALID_INPUT')).toBe(before + 2)
    const { headers } = await service.graphql(CHECK, variables)
    expect(await lineOf(headers.get('x-request-id'))).toMatchObject({ operation: 'checkUsernameAvailability' })
  })
})

describe('the session of a request', () => {
  /** Statements of this process that read a session. */
  async function countReads(work: () => Promise<unknown>): Promise<number> {
    const connection = await service.database.connect()
    const prototype = Object.getPrototypeOf(connection) as typeof connection
    const execute = vi.spyOn(prototype, 'execute')
    try {
      await work()
      return execute.mock.calls.filter(([sql]) => String(sql as unknown).includes('FROM sessions s')).length
    } finally {
      execute.mockRestore()
      await connection.end()
    }
  }

  const aliased = (count: number, field: string) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ')

  it('is read once for a query, however many fields need it', async () => {
    const { token } = await service.signUp()
    const query = `{ ${aliased(50, 'profile { id }')} }`
    expect(await countReads(() => service.succeed(query, {}, token))).toBe(1)
  })

  it('is read anew for each mutation: the first may end it for the second', async () => {
    const { token } = await service.signUp()
    const rename = (name: string) => `updateProfile(input: { firstName: "${name}" }) { id }`
    const mutation = `mutation { a: ${rename('Ada')} b: ${rename('Eva')} }`
    expect(await countReads(() => service.succeed(mutation, {}, token))).toBe(2)
    const { errors } = await service.graphql('mutation { logout second: logout }', {}, token)
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([[['second'], 'UNAUTHENTICATED']])
  })
})

it('health names the server of each URL', async () => {
  expect(await (await fetch(`${service.url}/health/ready`)).json()).toEqual({
    mysql: 'up',
    redis: 'up',
    revocationRedis: 'up',
    hasher: 'up',
  })
})
