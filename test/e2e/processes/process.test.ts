import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateRedis } from '../../support/servers.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { DATABASE_URL: database.url, REDIS_URL: testRedisUrl() }
})
afterAll(() => database.drop())

describe('SIGKILL between the commit of a logout and its delivery', () => {
  it('loses nothing: the next instance delivers', async () => {
    const redis = await privateRedis()
    const first = await startServiceProcess({ ...env, REDIS_URL: redis.url })
    const { token } = await first.signUp()
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }
    redis.freeze()
    const logout = first.graphql('mutation { logout }', {}, token).catch(() => null)
    await until(
      'the logout is committed',
      async () => (await database.query('SELECT 1 FROM revocations WHERE jti = ?', [jti])).length,
    )
    first.kill('SIGKILL')
    await Promise.all([logout, first.finished])
    redis.thaw()
    const second = await startServiceProcess({ ...env, REDIS_URL: redis.url })
    const client = new Redis(redis.url)
    await until('the revocation is delivered', () => client.exists(`blacklist:${jti}`))
    expect((await second.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
    client.disconnect()
    second.kill('SIGTERM')
    await second.finished
    await redis.remove()
  })
})

describe('a refresh token that is used again after its successor', () => {
  it('is logged as a security event, without any token', async () => {
    const service = await startServiceProcess(env)
    const user = await service.signUp()
    const refresh = (token: string) =>
      service.graphql('mutation ($token: String!) { refreshToken(token: $token) { refreshToken } }', { token })
    const first = await refresh(user.refreshToken)
    const successor = first.data?.['refreshToken'].refreshToken as string
    await refresh(successor)
    expect((await refresh(user.refreshToken)).code).toBe('REFRESH_TOKEN_REUSED')
    service.kill('SIGTERM')
    const { stdout, stderr } = await service.finished
    const [event] = stdout.split('\n').filter((line) => line.includes('"securityEvent":"refresh_token_reused"'))
    expect(JSON.parse(event ?? '{}')).toMatchObject({ userId: user.id, sessionId: user.refreshToken.split('.')[0] })
    for (const secret of [user.token, user.refreshToken, successor, user.password, user.email])
      expect(stdout + stderr).not.toContain(secret)
  })
})

describe('SIGTERM', () => {
  it('under load answers every accepted request, then exits with 0', async () => {
    const service = await startServiceProcess(env)
    const { token } = await service.signUp()
    const failures: unknown[] = []
    let answered = 0
    let refused = false
    const clients = Array.from({ length: 10 }, async () => {
      while (!refused) {
        try {
          const answer = await service.graphql('{ profile { id } }', {}, token)
          if (!answer.data) failures.push(answer.text)
          answered += 1
        } catch (error) {
          // Refused, or reset by the kernel before it was accepted. No other failure may happen.
          const { code, syscall } = (error as { cause?: { code?: string; syscall?: string } }).cause ?? {}
          if (code !== 'ECONNREFUSED' && !(code === 'ECONNRESET' && syscall === 'connect')) failures.push(error)
          refused = true
        }
      }
    })
    await until('the load is running', () => answered > 100)
    service.kill('SIGTERM')
    const { code } = await service.finished
    await Promise.all(clients)
    expect(failures).toEqual([])
    expect(code).toBe(0)
  })
})

describe('SIGTERM with half-received requests', () => {
  it('does not wait for them and exits with 0', async () => {
    const service = await startServiceProcess(env)
    const { hostname, port } = new URL(service.url)
    const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
    const halves = [
      `${head}content-length: 100\r\n\r\n{"query":`,
      head,
      `${head}transfer-encoding: chunked\r\n\r\n5\r\n{"q`,
    ]
    for (const half of halves) {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      await new Promise<void>((resolve) => socket.write(half, () => resolve()))
    }
    // It was sent later and has a response, so the halves have arrived.
    await service.isAvailable('ada')
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)
  })
})

describe.runIf(process.platform === 'linux')('the process that hashes', () => {
  /** It ends when it is idle. 0 would be this process and all others of its group. */
  function hasherOf(pid: number): number {
    const hasher = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
    if (!(hasher > 0)) throw new Error('No process hashes.')
    return hasher
  }
  const lives = (pid: number) => existsSync(`/proc/${pid}`)

  it('answers waiting logins when a terminal interrupts the process group, then ends with the service', async () => {
    const service = await startServiceProcess({ ...env, HASH_CONCURRENCY: '1', SHUTDOWN_TIMEOUT: '60' })
    const account = await service.register()
    const hasher = hasherOf(service.pid)
    const waiting = async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text()
      return Number(/^postern_password_hashes_waiting (\d+)$/m.exec(metrics)?.[1])
    }
    // They wait while it is stopped, for far less time than after which it would be replaced.
    process.kill(hasher, 'SIGSTOP')
    const logins = Promise.all(Array.from({ length: 6 }, () => service.login(account)))
    await until('logins wait', async () => (await waiting()) > 1)
    process.kill(hasher, 'SIGINT')
    process.kill(hasher, 'SIGCONT')
    service.kill('SIGINT')
    for (const { token } of await logins) expect(token).toContain('.')
    expect((await service.finished).code).toBe(0)
    expect(lives(hasher)).toBe(false)
  })

  it('ends when the service is killed', async () => {
    const service = await startServiceProcess(env)
    const hasher = hasherOf(service.pid)
    expect(lives(hasher)).toBe(true)
    service.kill('SIGKILL')
    await service.finished
    await until('the process is gone', () => !lives(hasher))
  })

  it('is replaced when it is killed, which is logged', async () => {
    const service = await startServiceProcess(env)
    const account = await service.register()
    const hasher = hasherOf(service.pid)
    process.kill(hasher, 'SIGKILL')
    expect(await service.login(account)).toHaveProperty('token')
    expect(hasherOf(service.pid)).not.toBe(hasher)
    service.kill('SIGTERM')
    expect((await service.finished).stdout).toContain('the password hasher ended unexpectedly')
  })
  it('is part of the readiness: it is down while it is frozen, and up when it was replaced', async () => {
    const service = await startServiceProcess(env)
    const ready = async () => {
      const response = await fetch(`${service.url}/readyz`)
      return { code: response.status, ...((await response.json()) as { hasher: string }) }
    }
    await service.register()
    expect(await ready()).toMatchObject({ code: 200, hasher: 'up' })
    const frozen = hasherOf(service.pid)
    process.kill(frozen, 'SIGSTOP')
    expect(await ready()).toMatchObject({ code: 503, hasher: 'down' })
    expect((await fetch(`${service.url}/livez`)).status).toBe(200)
    await until('it was replaced', async () => (await ready()).code === 200)
    await service.register()
    expect(lives(frozen)).toBe(false)
    service.kill('SIGTERM')
    await service.finished
  })
})
