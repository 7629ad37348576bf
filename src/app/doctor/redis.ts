// Checks the Redis servers: access, version, TLS and eviction policy.
import { inspectRedis } from '../../clients/redis.js'
import type { Config } from '../../config/index.js'
import { redisProblem } from '../server-access.js'
import { type Finding, ok, problem, warning } from './finding.js'
import { isLoopback } from './tls.js'

const OLDEST_MAJOR = 7

export async function checkRedis({ REDIS_URL, REVOCATION_REDIS_URL }: Config): Promise<Finding[]> {
  if (REDIS_URL === REVOCATION_REDIS_URL) return checkServer('REDIS_URL', REDIS_URL, { hasStream: true })
  const findings = await Promise.all([
    checkServer('REDIS_URL', REDIS_URL, { hasStream: false }),
    checkServer('REVOCATION_REDIS_URL', REVOCATION_REDIS_URL, { hasStream: true }),
  ])
  return findings.flat()
}

async function checkServer(name: string, url: string, { hasStream }: { hasStream: boolean }): Promise<Finding[]> {
  const refused = await redisProblem(name, url)
  if (refused) return [problem(name, refused, `Check the user and the password in ${name}.`)]
  const server = await inspectRedis(url).catch((error: unknown) => (error as Error).message)
  if (typeof server === 'string')
    return [
      warning(
        name,
        `Redis can't be reached (${server}). The service works without it, but validators get no revocations.`,
        `Start the server, or correct ${name}.`,
      ),
    ]
  const { version, policy } = server
  const { protocol, hostname } = new URL(url)
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
  if (protocol !== 'rediss:' && !isLoopback(hostname))
    findings.push(warning('Redis TLS', `The connection of ${name} is not encrypted.`, 'Use rediss://'))
  return findings
}
