// One connection to the revocation stream in Redis.
import { Redis } from 'ioredis'
import { withTimeout } from '@postern/contract/timeout'
import { REVOCATION_STREAM } from './protocol.js'

/** One entry of the stream, as Redis returns it. */
export interface RawEntry {
  readonly id: string
  readonly fields: readonly string[]
}

/** One connection to the revocation stream. Any failure ends it, silence included, and the follower opens a new one. */
export interface StreamConnection {
  open(): Promise<void>
  /** Reads at most `count` entries after an id. With `blockMs`, waits that long for the first one. */
  read(after: string, count: number, blockMs?: number): Promise<readonly RawEntry[]>
  /** The entry with this id, if the stream still has it. */
  get(id: string): Promise<RawEntry | null>
  close(): void
}

/** An ioredis client or cluster, version 5 or 6. Only its `duplicate` is called. */
export interface DuplicableRedis {
  readonly isCluster: boolean
  duplicate(...args: never[]): unknown
}

/** How long Redis may take to answer, in addition to the time it may block, before the connection is closed. */
const ANSWER_WITHIN_MS = 3000

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
  disconnectTimeout: DISCONNECT_WITHIN_MS,
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
  redisOptions: {
    protocol: 2,
    replyMapping: 'legacy',
    keyPrefix: '',
    enableReadyCheck: false,
    disconnectTimeout: DISCONNECT_WITHIN_MS,
  },
} as const

/** Creates a connection that is independent of what the application does with its client. */
export function connectToStream(redis: string | DuplicableRedis): StreamConnection {
  const client = duplicate(redis)
  // The commands report failures. Without a listener, ioredis would print them.
  client.on('error', () => {})

  const within = <T>(ms: number, answer: Promise<T>): Promise<T> =>
    withTimeout(
      answer,
      ms,
      () => {
        client.disconnect()
        throw new Error(`Redis did not answer within ${ms} ms`)
      },
      { ref: false },
    )

  return {
    async open() {
      await within(ANSWER_WITHIN_MS, client.connect())
      // A program that forgets to close its validator, such as a test, ends nevertheless. A cluster has no such stream.
      ;(client as Partial<Redis>).stream?.unref()
    },
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
