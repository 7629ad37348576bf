import { Redis } from 'ioredis'
import { REVOCATION_STREAM } from './protocol.js'
import { withTimeout } from './timeout.js'

/** One entry of the stream as Redis gives it. */
export interface RawEntry {
  readonly id: string
  readonly fields: readonly string[]
}

/** One connection to the revocation log. Any failure, silence included, ends it; a new one is made then. */
export interface LogConnection {
  open(): Promise<void>
  /** Entries after an id, at most `count`. With `blockMs` waits that long for the first one. */
  read(after: string, count: number, blockMs?: number): Promise<readonly RawEntry[]>
  /** The entry with this id, if it still stands there. */
  get(id: string): Promise<RawEntry | null>
  close(): void
}

/** An ioredis client or cluster, version 5 or 6: only `duplicate` is called on it. */
export interface DuplicableRedis {
  readonly isCluster: boolean
  duplicate(...args: never[]): unknown
}

/** How long Redis may take to answer, beyond the time it was told to wait, before the connection is given up. */
const ANSWER_WITHIN_MS = 3000

/** Reconnecting is our own business: after a pause the log must be checked before it is read on. */
const SINGLE = {
  lazyConnect: true,
  protocol: 2,
  replyMapping: 'legacy',
  keyPrefix: '',
  connectionName: 'postern-session',
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  enableAutoPipelining: false,
} as const

const CLUSTER = {
  lazyConnect: true,
  keyPrefix: '',
  clusterRetryStrategy: () => null,
  enableOfflineQueue: true,
  enableAutoPipelining: false,
  scaleReads: 'master',
  redisOptions: { protocol: 2, replyMapping: 'legacy', keyPrefix: '', enableReadyCheck: false },
} as const

/** Makes a connection of our own beside whatever the application does with its client. */
export function connectToLog(redis: string | DuplicableRedis): LogConnection {
  const client = duplicate(redis)
  // Failures reach us through the commands; without a listener ioredis would print them.
  client.on('error', () => {})

  const within = <T>(ms: number, answer: Promise<T>): Promise<T> =>
    withTimeout(answer, ms, () => {
      client.disconnect()
      throw new Error(`Redis did not answer within ${ms} ms`)
    })

  return {
    open: () => within(ANSWER_WITHIN_MS, client.connect()),
    async read(after, count, blockMs) {
      const block = blockMs === undefined ? [] : ['BLOCK', blockMs]
      const command = ['COUNT', count, ...block, 'STREAMS', REVOCATION_STREAM, after]
      const answer = await within((blockMs ?? 0) + ANSWER_WITHIN_MS, client.call('XREAD', ...command))
      const [stream] = (answer ?? []) as [string, [string, string[]][]][]
      return (stream?.[1] ?? []).map(([id, fields]) => ({ id, fields }))
    },
    async get(id) {
      const answer = await within(ANSWER_WITHIN_MS, client.call('XRANGE', REVOCATION_STREAM, id, id))
      const [entry] = answer as [string, string[]][]
      return entry ? { id: entry[0], fields: entry[1] } : null
    },
    close: () => client.disconnect(),
  }
}

function duplicate(redis: string | DuplicableRedis): Redis {
  if (typeof redis === 'string') return new Redis(redis, SINGLE)
  const make = redis.duplicate.bind(redis) as (...args: unknown[]) => Redis
  return redis.isCluster ? make([], CLUSTER) : make(SINGLE)
}
