// One connection to the revocation stream in Redis.
import type { Redis } from 'ioredis'
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

/** How long Redis may take to answer, in addition to the time it may block, before the connection is closed. */
const ANSWER_WITHIN_MS = 3000

/** How much longer each Sentinel may take: it may be down. */
const SENTINEL_WITHIN_MS = 4000

/** How often the server must say that it is the primary. */
const PRIMARY_CHECK_MS = 1000

/** The service writes an entry each second. After this silence, the Sentinels are asked for the primary again. */
const SILENT_MS = 4000

/** ioredis attaches the command with its arguments. An error of a cluster has the one of a node. */
type RedisError = Error & { command?: { name?: string }; lastNodeError?: RedisError }

/** The arguments of AUTH are the password, and applications log errors with all their properties. */
function withoutPassword(error: RedisError): Error {
  delete error.command
  if (error.lastNodeError) withoutPassword(error.lastNodeError)
  return error
}

/** A connection over `client`, which is new and used for nothing else. */
export function connectToStream(client: Redis): StreamConnection {
  const sentinels = client.isCluster ? 0 : (client.options.sentinels?.length ?? 0)
  let checkedAt = 0
  let silentSince = performance.now()
  let selectRefused: Error | undefined
  /** Says more than the rejection of `connect()`. */
  let reason: Error | undefined
  // The commands report all other failures. Without a listener, ioredis would print them.
  client.on('error', (error: RedisError) => {
    // ioredis would continue in database 0.
    if (error.command?.name === 'select') selectRefused = error
    // `connect()` would say only that the connection was closed.
    if (error.command?.name === 'auth') reason = error
  })
  for (const event of ['sentinelError', 'node error'])
    client.on(event, (error: Error) => {
      if (error.message !== 'Connection is closed.') reason = error
    })

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

  const connect = async (): Promise<void> => {
    await client.connect().catch((error: unknown) => {
      throw withoutPassword(reason ?? (error as RedisError))
    })
    if (selectRefused) throw selectRefused
    await checkPrimary()
  }

  /**
   * A replica has every entry too, but late: a checkpoint that arrives now may be old, and proves nothing. The nodes of a
   * cluster refuse to be read as replicas. HELLO needs no permission.
   */
  const checkPrimary = async (): Promise<void> => {
    if (client.isCluster) return
    checkedAt = performance.now()
    const answer = await client.call('HELLO', '2').catch(() => [])
    const fields = Array.isArray(answer) ? (answer as unknown[]) : []
    if (fields[fields.indexOf('role') + 1] === 'replica') throw new Error('Redis is a replica; connect to its primary')
  }

  const readStream = async (command: (string | number)[], blockMs: number): Promise<unknown> => {
    const check = performance.now() - checkedAt > PRIMARY_CHECK_MS ? checkPrimary() : undefined
    const answer = within(blockMs + ANSWER_WITHIN_MS, client.call('XREAD', ...command))
    return (await Promise.all([answer, check]))[0]
  }

  return {
    async open() {
      await within(ANSWER_WITHIN_MS + sentinels * SENTINEL_WITHIN_MS, connect())
      // A program that forgets to close its validator, such as a test, ends nevertheless. A cluster has no such
      // stream: its connectors do the same.
      ;(client as Partial<Redis>).stream?.unref()
    },
    async read(after, count, blockMs) {
      const block = blockMs === undefined ? [] : ['BLOCK', blockMs]
      const command = ['COUNT', count, ...block, 'STREAMS', REVOCATION_STREAM, after]
      const answer = (await readStream(command, blockMs ?? 0)) ?? []
      const [stream] = answer as [string, [string, string[]][]][]
      if (stream) silentSince = performance.now()
      if (sentinels > 0 && performance.now() - silentSince > SILENT_MS)
        throw new Error('Redis has no new entries; asking the Sentinels for the primary again')
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
