// The variables of Redis: where it is, and whom it must prove its identity to.
import { parseRedisUrl, type RedisTarget } from '@postern/contract/redis-url'
import { z } from 'zod'
import { certificates } from './pem.js'
import { flag, type Variables } from './values.js'

const redisUrl = z.string('is required: redis://host:6379').superRefine((value, context) => {
  const read = parseRedisUrl(value)
  if ('problem' in read) context.addIssue(read.problem)
})

export const redisVariables = z.object({
  REDIS_URL: redisUrl,
  REDIS_CLUSTER: flag.default(false),
  REDIS_CA: certificates.optional(),
  REVOCATION_REDIS_URL: redisUrl.optional(),
})

/** A Redis to connect to. */
export interface RedisServer extends RedisTarget {
  readonly cluster: boolean
  /** The only trusted authorities, in PEM. Undefined: those of Node.js, with NODE_EXTRA_CA_CERTS. */
  readonly ca: string | undefined
}

/** The variables that say how to connect. */
export interface RedisAccess {
  REDIS_URL: string
  REDIS_CLUSTER: boolean
  REDIS_CA?: string | undefined
  REVOCATION_REDIS_URL: string
}

/** Reads the variables, which are valid. `cache` and `stream` are the same object if they are the same server. */
export function redisServers(access: RedisAccess): { cache: RedisServer; stream: RedisServer } {
  const server = (name: 'REDIS_URL' | 'REVOCATION_REDIS_URL', cluster: boolean): RedisServer => {
    const read = parseRedisUrl(access[name])
    if ('problem' in read) throw new Error(`${name} ${read.problem}`)
    return { ...read, cluster, ca: read.tls ? access.REDIS_CA : undefined }
  }
  const cache = server('REDIS_URL', access.REDIS_CLUSTER)
  const same = access.REVOCATION_REDIS_URL === access.REDIS_URL && !access.REDIS_CLUSTER
  return { cache, stream: same ? cache : server('REVOCATION_REDIS_URL', false) }
}

/** What the variables of Redis must agree on. */
export function redisConflicts(env: Variables): string[] {
  const problems = []
  const cluster = env['REDIS_CLUSTER'] === 'true'
  const [cache, stream] = [env['REDIS_URL'], env['REVOCATION_REDIS_URL']].map((url) => {
    const read = url === undefined ? null : parseRedisUrl(url)
    return read && !('problem' in read) ? read : null
  })
  if (cluster && env['REVOCATION_REDIS_URL'] === undefined)
    problems.push('REVOCATION_REDIS_URL is required with REDIS_CLUSTER: the revocation stream needs a single server')
  if (cluster && cache?.sentinel) problems.push('REDIS_URL must name nodes of the cluster, not Sentinels')
  if (cluster && cache && cache.database > 0) problems.push('REDIS_URL must have no database: a cluster has only 0')
  if (!cluster && cache && hasSeveralServers(cache))
    problems.push('REDIS_URL names several servers, which needs REDIS_CLUSTER=true or redis+sentinel://')
  if (stream && hasSeveralServers(stream))
    problems.push('REVOCATION_REDIS_URL names several servers, which needs redis+sentinel://')
  if (env['REDIS_CA'] !== undefined && cache && !cache.tls && !stream?.tls)
    problems.push('REDIS_CA has no effect without TLS: write rediss:// or rediss+sentinel://')
  return problems
}

const hasSeveralServers = ({ sentinel, addresses }: RedisTarget) => !sentinel && addresses.length > 1
