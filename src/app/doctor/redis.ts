// Checks the Redis servers: access, version, TLS and eviction policy.
import { inspectRedis } from '@postern/service/redis-check'
import { type Config, type RedisServer, redisServers } from '../../config/index.js'
import { redisProblem } from '../redis-access.js'
import { type Finding, ok, problem, warning } from './finding.js'
import { isLoopback } from './tls.js'

const OLDEST_MAJOR = 7

export async function checkRedis(config: Config): Promise<Finding[]> {
  const { cache, stream } = redisServers(config)
  if (cache === stream) return checkServer('REDIS_URL', cache, { hasStream: true })
  const findings = await Promise.all([
    checkServer('REDIS_URL', cache, { hasStream: false }),
    checkServer('REVOCATION_REDIS_URL', stream, { hasStream: true }),
  ])
  return findings.flat()
}

async function checkServer(
  name: string,
  redis: RedisServer,
  { hasStream }: { hasStream: boolean },
): Promise<Finding[]> {
  const refused = await redisProblem(name, redis)
  if (refused) return [problem(name, refused, `Correct ${name}, or the server's settings.`)]
  const server = await inspectRedis(redis, redis).catch((error: unknown) => (error as Error).message)
  if (typeof server === 'string')
    return [
      warning(
        name,
        `Redis can't be reached (${server}). The service works without it, but validators get no revocations.`,
        `Start the server, or correct ${name}.`,
      ),
    ]
  const { version, policy } = server
  const findings = [
    Number.parseInt(version, 10) >= OLDEST_MAJOR
      ? ok(name, `Redis ${version}`)
      : warning(
          name,
          `Redis ${version} is older than what Postern is tested with.`,
          `Update to Redis ${OLDEST_MAJOR}.`,
        ),
  ]
  if (hasStream)
    findings.push(
      policy === 'noeviction'
        ? ok('Eviction policy', policy)
        : problem(
            'Eviction policy',
            `${policy}: the server may drop the revocation stream.`,
            `Set maxmemory-policy noeviction on the server of ${name}.`,
          ),
    )
  if (!redis.tls && !redis.addresses.every(({ host }) => isLoopback(host)))
    findings.push(warning('Redis TLS', `The connection of ${name} is not encrypted.`, 'Use rediss://'))
  return findings
}
