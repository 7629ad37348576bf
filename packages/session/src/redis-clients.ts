// Creates the Redis clients of a validator: from a URL, or from a client of the application.
import { lookup } from 'node:dns'
import { clusterTls, redisOptions, redisTls, type RedisTls } from '@postern/contract/redis-options'
import { sentinelConnector, ServerConnector } from '@postern/contract/redis-connectors'
import { parseRedisUrl, type RedisAddress } from '@postern/contract/redis-url'
import { Redis, SentinelConnector, type ClusterOptions, type RedisOptions } from 'ioredis'

/** An ioredis client or cluster, version 5 or 6. Only its `duplicate` is called. */
export interface DuplicableRedis {
  readonly isCluster: boolean
  duplicate(...args: never[]): unknown
}

/** How long a server or a Sentinel may take to accept a connection, and a Sentinel to answer. */
const REACHED_WITHIN_MS = 2000

/**
 * How long after `disconnect()` ioredis destroys the socket. Its default, 2 s, would keep the process alive when Redis is
 * silent, and whenever `disconnect()` is called again after the socket closed.
 */
const DISCONNECT_WITHIN_MS = 10

/** ioredis must not reconnect: after an interruption, the position in the stream has to be checked first. */
const SINGLE = {
  lazyConnect: true,
  protocol: 2,
  replyMapping: 'legacy',
  keyPrefix: '',
  connectionName: 'postern-session',
  connectTimeout: REACHED_WITHIN_MS,
  disconnectTimeout: DISCONNECT_WITHIN_MS,
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  enableAutoPipelining: false,
  role: 'master',
  sentinelRetryStrategy: () => null,
  sentinelCommandTimeout: REACHED_WITHIN_MS,
  failoverDetector: false,
} as const

const CLUSTER = {
  lazyConnect: true,
  keyPrefix: '',
  clusterRetryStrategy: () => null,
  enableOfflineQueue: true,
  enableAutoPipelining: false,
  scaleReads: 'master',
  // Its timer would keep the process alive. The server of another slot answers MOVED, and then the map is read anyway.
  slotsRefreshInterval: 0,
} as const

const NODE = {
  protocol: 2,
  replyMapping: 'legacy',
  keyPrefix: '',
  enableReadyCheck: false,
  disconnectTimeout: DISCONNECT_WITHIN_MS,
} as const

type Connector = NonNullable<RedisOptions['Connector']>

/** Opens the sockets: to the server, or to the primary that Sentinels name. */
function connectorFor(sentinels: boolean) {
  const connector: unknown = sentinels ? sentinelConnector(SentinelConnector) : ServerConnector
  return { Connector: connector as Connector }
}

/** Opens the sockets to the nodes of a cluster, which do not keep the process alive. */
class NodeConnector extends ServerConnector {
  override async connect() {
    return (await super.connect()).unref()
  }
}
const FOR_NODES = { Connector: NodeConnector as unknown as Connector }

/** Returns a function that creates clients, not connected yet. Throws a TypeError if the URL is invalid. */
export function redisClients(redis: string | DuplicableRedis): () => Redis {
  if (typeof redis === 'string') return fromUrl(redis)
  const duplicate = redis.duplicate.bind(redis) as (...args: unknown[]) => Redis
  if (!redis.isCluster) {
    const { options = {} } = redis as RedisParts
    const override = { ...SINGLE, ...sentinelTls(options), ...connectorFor(Boolean(options.sentinels)) }
    return () => duplicate(override)
  }
  return () => {
    let cluster: Redis | undefined
    // ioredis drops the errors of the connections on which it reads the map of the cluster.
    const options = clusterOptions(redis, (error) => cluster?.emit('node error', error))
    return (cluster = duplicate([], options))
  }
}

function fromUrl(url: string): () => Redis {
  const target = parseRedisUrl(url)
  if ('problem' in target) throw new TypeError(`redis ${target.problem}, or a client of ioredis`)
  if (target.addresses.length > 1 && !target.sentinel)
    throw new TypeError('redis names several servers, which needs redis+sentinel:// or a Cluster of ioredis')
  return () => new Redis({ ...redisOptions(target), ...SINGLE, ...connectorFor(target.sentinel !== null) })
}

type RedisParts = DuplicableRedis & { readonly options?: RedisOptions }

/** With TLS, a primary that Sentinels announce by its address may have a certificate for the host of a Sentinel. */
function sentinelTls({ sentinels, tls, sentinelTLS }: RedisOptions): Partial<RedisOptions> {
  if (!sentinels) return {}
  const identity = redisTls(sentinels.flatMap(({ host }) => host ?? []))
  return {
    ...(tls && { tls: { ...identity, ...tls } }),
    ...(sentinelTLS && { sentinelTLS: { ...identity, ...sentinelTLS } }),
  }
}

/** What this reads of a Cluster, in both versions of ioredis. */
type ClusterParts = DuplicableRedis & {
  readonly options?: ClusterOptions
  readonly startupNodes?: readonly (string | number | Partial<RedisAddress>)[]
}

/** With TLS, makes the certificates of the nodes comparable with host names, except where the application has its own way. */
function clusterOptions(
  { options = {}, startupNodes = [] }: ClusterParts,
  onRefusal: (error: Error) => void,
): ClusterOptions {
  const given = options.redisOptions?.tls as RedisOptions['tls'] | string | true
  if (!given || typeof given === 'string') return { ...CLUSTER, redisOptions: { ...NODE, ...FOR_NODES } }
  const hosts = startupNodes.flatMap(hostOf)
  const identity = redisTls(hosts)
  const checkServerIdentity: RedisTls['checkServerIdentity'] = (host, certificate) => {
    const error = identity.checkServerIdentity(host, certificate)
    if (error) onRefusal(error)
    return error
  }
  const tls = { checkServerIdentity, ...(given === true ? {} : given) } as RedisTls
  const { dnsLookup, ...node } = clusterTls(hosts, tls)
  return {
    ...CLUSTER,
    redisOptions: { ...NODE, ...FOR_NODES, tls },
    ...(options.dnsLookup === lookup && { dnsLookup }),
    ...(!options.natMap && tls.servername === undefined && node),
  }
}

function hostOf(node: string | number | Partial<RedisAddress>): string[] {
  if (typeof node === 'object') return node.host === undefined ? [] : [node.host]
  const target = parseRedisUrl(String(node))
  return 'problem' in target ? [] : target.addresses.map(({ host }) => host)
}
