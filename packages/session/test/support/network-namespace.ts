import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { Redis } from 'ioredis'

/** A redis-server in a separate network namespace, behind a link that can be taken down. Needs root and iproute2. */
export interface RedisApart {
  readonly url: string
  readonly redis: Redis
  /** The network interface outside the namespace. */
  readonly link: string
  stop(): Promise<void>
}

export async function startRedisApart(): Promise<RedisApart> {
  const id = process.pid % 100_000
  const [space, link, far] = [`postern${id}`, `pst${id}a`, `pst${id}b`]
  // A subnet of four addresses for each process.
  const address = (host: number) => `10.213.${(id >> 6) % 256}.${(id % 64) * 4 + host}`
  const ip = (...args: string[]) => execFileSync('ip', args)
  ip('netns', 'add', space)
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', far, 'netns', space)
  ip('address', 'add', `${address(1)}/30`, 'dev', link)
  ip('link', 'set', link, 'up')
  ip('-n', space, 'address', 'add', `${address(2)}/30`, 'dev', far)
  ip('-n', space, 'link', 'set', far, 'up')
  const server = [
    'redis-server',
    '--port',
    '6379',
    '--bind',
    address(2),
    '--save',
    '',
    '--protected-mode',
    'no',
    '--dir',
    tmpdir(),
  ]
  const child = spawn('ip', ['netns', 'exec', space, ...server], { stdio: 'ignore' })
  const redis = new Redis({ host: address(2), maxRetriesPerRequest: null, retryStrategy: () => 50 })
  redis.on('error', () => {})
  await redis.ping()

  return {
    url: `redis://${address(2)}:6379`,
    redis,
    link,
    async stop() {
      redis.disconnect()
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      ip('link', 'del', link)
      ip('netns', 'del', space)
    },
  }
}
