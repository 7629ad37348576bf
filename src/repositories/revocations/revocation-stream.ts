// The revocation stream in Redis: a stream that can be replayed, a channel, and a key for each revoked token.
import {
  blacklistKey,
  decodeEntry,
  encodeEntry,
  RETENTION_MARGIN_SECONDS,
  REVOCATION_CHANNEL,
  REVOCATION_STREAM,
  type Revocation,
} from '@postern/contract/revocations'
import type { Redis } from '@postern/service/redis'
import type { Guard } from '@postern/service/breakers'

/** A relay's position in the stream: the last entry that it wrote, in which epoch, to which server. */
export interface StreamPosition {
  epoch: number
  serverId: string
  lastId: string
}

/** Checks and writes in one step: Redis can be emptied or replaced between two. */
const CHECKPOINT = `
  local server = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  if server ~= ARGV[1] or #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) == 0 then return false end
  return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3))`

export type RevocationStream = ReturnType<typeof createRevocationStream>

/** Every method rejects if Redis is unavailable. Nothing is queued. */
export function createRevocationStream(redis: Redis, guard: Guard, options: { key: Buffer; now: () => Date }) {
  const secondsLeft = (exp: number) => exp + RETENTION_MARGIN_SECONDS - Math.floor(options.now().getTime() / 1000)

  return {
    /** Appends one revocation, sets its `blacklist:{jti}` and publishes it. Can be repeated. */
    async append(epoch: number, revocation: Revocation): Promise<void> {
      const { jti, exp } = revocation
      const entry = encodeEntry(options.key, { kind: 'revocation', epoch, revocation })
      await guard(async () => {
        const commands = redis.pipeline().xadd(REVOCATION_STREAM, '*', ...entry)
        if (jti !== undefined) commands.set(blacklistKey(jti), '1', 'EX', Math.max(1, secondsLeft(exp)))
        const results = await commands.publish(REVOCATION_CHANNEL, JSON.stringify(revocation)).exec()
        for (const [error] of results ?? []) if (error) throw error
      })
    },

    /** Starts an epoch in the stream. All revocations in effect follow, then its first checkpoint. */
    async openEpoch(epoch: number, serverId: string): Promise<StreamPosition> {
      const entry = encodeEntry(options.key, { kind: 'epoch', epoch })
      const id = await guard(() => redis.xadd(REVOCATION_STREAM, '*', ...entry))
      return { epoch, serverId, lastId: String(id) }
    },

    /** Where an earlier relay stopped. Null if this server's stream has no entry of `epoch` that the current key signed. */
    async findPosition(epoch: number): Promise<StreamPosition | null> {
      const latest = await guard(() => redis.xrevrange(REVOCATION_STREAM, '+', '-', 'COUNT', 1000))
      const mine = latest.find(([, fields]) => {
        const entry = decodeEntry(options.key, fields)
        return entry !== null && entry.kind !== 'revocation' && entry.epoch === epoch
      })
      return mine ? { epoch, serverId: await this.serverId(), lastId: mine[0] } : null
    },

    /**
     * Writes a checkpoint: the stream has everything that was committed. Returns null and writes nothing if the server is
     * another one or the entry at `position` is gone: Redis was emptied, restored or failed over, and may have lost entries.
     */
    async checkpoint(position: StreamPosition): Promise<StreamPosition | null> {
      const fields = encodeEntry(options.key, { kind: 'checkpoint', epoch: position.epoch })
      const { serverId, lastId } = position
      const id = await guard(() => redis.eval(CHECKPOINT, 1, REVOCATION_STREAM, serverId, lastId, ...fields))
      return typeof id === 'string' ? { ...position, lastId: id } : null
    },

    /**
     * Removes entries by age, never by length: no number of logouts pushes one out. Redis has dated the entries. If its clock
     * has jumped ahead since, the database's time counts.
     */
    async trim(ageSeconds: number): Promise<void> {
      const [redisSeconds] = await guard(() => redis.time())
      const now = Math.min(Number(redisSeconds) * 1000, options.now().getTime())
      await guard(() => redis.xtrim(REVOCATION_STREAM, 'MINID', '~', now - ageSeconds * 1000))
    },

    /** The run id of the connected server. A new id means another server, or that it was restarted. */
    async serverId(): Promise<string> {
      return /^run_id:(\S+)/m.exec(await guard(() => redis.info('server')))?.[1] ?? 'unknown'
    },
  }
}
