import {
  blacklistKey,
  decodeEntry,
  encodeEntry,
  EPOCH_KEY,
  RETENTION_MARGIN,
  REVOCATION_CHANNEL,
  REVOCATION_STREAM,
  type Revocation,
} from '@postern/session/protocol'
import type { Redis } from '../clients/redis.js'

export type RevocationLog = ReturnType<typeof createRevocationLog>

/**
 * The log of revocations as Redis holds it: a stream that can be replayed, a channel, and a key for each token named.
 * Every method rejects when Redis is away; nothing is queued.
 */
export function createRevocationLog(redis: Redis, options: { key: Buffer; now: () => Date }) {
  const secondsLeft = (exp: number) => exp + RETENTION_MARGIN - Math.floor(options.now().getTime() / 1000)

  return {
    /** Appends one revocation, sets its `blacklist:{jti}` and publishes it. Twice does no harm. */
    async append(epoch: number, revocation: Revocation): Promise<void> {
      const { jti, exp } = revocation
      await redis.xadd(REVOCATION_STREAM, '*', ...encodeEntry(options.key, { kind: 'revocation', epoch, revocation }))
      if (jti !== undefined) await redis.set(blacklistKey(jti), '1', 'EX', Math.max(1, secondsLeft(exp)))
      await redis.publish(REVOCATION_CHANNEL, JSON.stringify(revocation))
    },

    /** Starts an epoch in the stream and names it. */
    async openEpoch(epoch: number): Promise<void> {
      await redis.xadd(REVOCATION_STREAM, '*', ...encodeEntry(options.key, { kind: 'epoch', epoch }))
      await redis.set(EPOCH_KEY, String(epoch))
    },

    /** Writes a checkpoint and returns its id in the stream. */
    async checkpoint(epoch: number): Promise<string> {
      const id = await redis.xadd(REVOCATION_STREAM, '*', ...encodeEntry(options.key, { kind: 'checkpoint', epoch }))
      return String(id)
    },

    /** Drops what was written more than `age` seconds ago. Never by length: no number of logouts pushes one out. */
    async trim(age: number): Promise<void> {
      await redis.xtrim(REVOCATION_STREAM, 'MINID', '~', options.now().getTime() - age * 1000)
    },

    /** The run id of the server behind the connection. Another id: another server, or the same one restarted. */
    async serverId(): Promise<string> {
      return /^run_id:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'unknown'
    },

    /** Whether the stream still is the one that `epoch` was written to: named so, and its last checkpoint in place. */
    async holds(epoch: number, lastCheckpoint: string | null): Promise<boolean> {
      if ((await redis.get(EPOCH_KEY)) !== String(epoch)) return false
      if (lastCheckpoint !== null)
        return (await redis.xrange(REVOCATION_STREAM, lastCheckpoint, lastCheckpoint)).length === 1
      const latest = await redis.xrevrange(REVOCATION_STREAM, '+', '-', 'COUNT', 100)
      return latest.some(([, fields]) => decodeEntry(options.key, fields)?.epoch === epoch)
    },
  }
}
