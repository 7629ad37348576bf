import {
  blacklistKey,
  decodeEntry,
  encodeEntry,
  RETENTION_MARGIN_SECONDS,
  REVOCATION_CHANNEL,
  REVOCATION_STREAM,
  type Revocation,
} from '@postern/contract/revocations'
import type { Redis } from '../../clients/redis.js'

/** Where a relay stands in the stream: the last entry that it wrote, in which epoch, to which server. */
export interface StreamPosition {
  epoch: number
  serverId: string
  lastId: string
}

/** Look and write in one step: Redis may be emptied or replaced between any two. */
const CHECKPOINT = `
  local server = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  if server ~= ARGV[1] or #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) == 0 then return false end
  return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3))`

export type RevocationStream = ReturnType<typeof createRevocationStream>

/**
 * The log of revocations as Redis holds it: a stream that can be replayed, a channel, and a key for each token named.
 * Every method rejects when Redis is away; nothing is queued.
 */
export function createRevocationStream(
  redis: Redis,
  options: { key: Buffer; now: () => Date; onEvictionPolicy: (policy: string) => void },
) {
  // At each connection, since it may be to another server: one that evicts could drop the log.
  redis.on('ready', () => {
    void redis
      .info('memory')
      .then((text) => options.onEvictionPolicy(/^maxmemory_policy:(\S+)/m.exec(text)?.[1] ?? 'unknown'))
      .catch(() => undefined)
  })

  const secondsLeft = (exp: number) => exp + RETENTION_MARGIN_SECONDS - Math.floor(options.now().getTime() / 1000)

  return {
    /** Appends one revocation, sets its `blacklist:{jti}` and publishes it. Twice does no harm. */
    async append(epoch: number, revocation: Revocation): Promise<void> {
      const { jti, exp } = revocation
      await redis.xadd(REVOCATION_STREAM, '*', ...encodeEntry(options.key, { kind: 'revocation', epoch, revocation }))
      if (jti !== undefined) await redis.set(blacklistKey(jti), '1', 'EX', Math.max(1, secondsLeft(exp)))
      await redis.publish(REVOCATION_CHANNEL, JSON.stringify(revocation))
    },

    /** Starts an epoch in the stream: all living revocations follow, then its first checkpoint. */
    async openEpoch(epoch: number, serverId: string): Promise<StreamPosition> {
      const id = await redis.xadd(REVOCATION_STREAM, '*', ...encodeEntry(options.key, { kind: 'epoch', epoch }))
      return { epoch, serverId, lastId: String(id) }
    },

    /** Where an earlier relay left off; null when this server's stream shows no sign of `epoch` under today's key. */
    async findPosition(epoch: number): Promise<StreamPosition | null> {
      const latest = await redis.xrevrange(REVOCATION_STREAM, '+', '-', 'COUNT', 1000)
      const mine = latest.find(([, fields]) => {
        const entry = decodeEntry(options.key, fields)
        return entry !== null && entry.kind !== 'revocation' && entry.epoch === epoch
      })
      return mine ? { epoch, serverId: await this.serverId(), lastId: mine[0] } : null
    },

    /**
     * Says that all that was committed stands in the stream. Null, and nothing written, when the server is another one
     * or the entry at `position` is gone: Redis was emptied, restored or failed over, and may have lost entries.
     */
    async checkpoint(position: StreamPosition): Promise<StreamPosition | null> {
      const fields = encodeEntry(options.key, { kind: 'checkpoint', epoch: position.epoch })
      const { serverId, lastId } = position
      const id = await redis.eval(CHECKPOINT, 1, REVOCATION_STREAM, serverId, lastId, ...fields)
      return typeof id === 'string' ? { ...position, lastId: id } : null
    },

    /** Drops what was written more than `age` seconds ago. Never by length: no number of logouts pushes one out. */
    async trim(age: number): Promise<void> {
      await redis.xtrim(REVOCATION_STREAM, 'MINID', '~', options.now().getTime() - age * 1000)
    },

    /** The run id of the server behind the connection. Another id: another server, or the same one restarted. */
    async serverId(): Promise<string> {
      return /^run_id:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'unknown'
    },
  }
}
