import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { vi } from 'vitest'
import { PATIENCE_MS } from './wait.js'
import { freePort } from './free-port.js'

/** A private redis-server on a free port that stores nothing on disk. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  readonly pid: number
  /** A client for the test. */
  readonly redis: Redis
  /** SIGSTOP: it stays connected but does not respond. */
  freeze(): void
  thaw(): void
  /** SIGKILL: it ends at once. */
  kill(): Promise<void>
  /** Kills it and starts an empty one on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startRedis(...options: string[]): Promise<RedisServer> {
  const port = await freePort()
  const dir = await mkdtemp(join(tmpdir(), 'postern-redis-'))
  const launch = (): ChildProcess =>
    spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', dir, ...options], {
      stdio: 'ignore',
    })
  let child = launch()
  const password = options[options.indexOf('--requirepass') + 1]
  const access = options.includes('--requirepass') && password !== undefined ? { password } : {}
  const redis = new Redis({ port, host: '127.0.0.1', ...access, maxRetriesPerRequest: null, retryStrategy: () => 20 })
  redis.on('error', () => {})
  const started = new AbortController()
  const ended = once(child, 'exit', { signal: started.signal }).then(([status]) => {
    redis.disconnect()
    throw new Error(`redis-server ended with ${status}`)
  })
  await Promise.race([redis.ping(), ended]).finally(() => started.abort())

  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child.pid!
    },
    redis,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
    async restart() {
      await kill()
      child = launch()
      await vi.waitFor(() => redis.ping(), { timeout: PATIENCE_MS, interval: 20 })
    },
    async stop() {
      redis.disconnect()
      await kill()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
