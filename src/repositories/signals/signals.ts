// The signals that wait for the receivers of streams, and those that receivers have refused.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'

/** A signal as it is recorded. */
export interface NewSignal {
  streamId: string
  jti: string
  /** Null for a signal about the stream itself. */
  userId: string | null
  /** Of the event; null for now. */
  at: Date | null
  seq: number
  /** JSON: `sub_id`, `events` and `txn`. */
  claims: string
  aboutStatus: boolean
}

export interface WaitingSignal {
  jti: string
  userId: string | null
  claims: string
  createdAt: Date
}

const REFUSAL_LENGTH = 255

const INSERT = `INSERT IGNORE INTO signals (stream_id, jti, user_id, at, seq, claims, about_status, created_at)
  VALUES (?, ?, ?, COALESCE(?, UTC_TIMESTAMP(3)), ?, ?, ?, UTC_TIMESTAMP(3))`

/** One part of what waits, in the order of the index. */
const PART = `SELECT g.jti, g.user_id AS userId, g.claims, g.created_at AS createdAt, g.at, g.seq
  FROM signal_streams s JOIN signals g ON g.stream_id = s.id WHERE s.id = ? AND g.refused_at IS NULL`

/**
 * A stream that is not enabled delivers only what says so. In two parts, so that it doesn't read what it holds back: that
 * can be a week of signals.
 */
const WAITING = `SELECT jti, userId, claims, createdAt FROM (
    (${PART} AND g.about_status = 1 ORDER BY g.at, g.seq LIMIT ?)
    UNION ALL (${PART} AND g.about_status = 0 AND s.status = 'enabled' ORDER BY g.at, g.seq LIMIT ?)
  ) waiting ORDER BY at, seq LIMIT ?`

/** The count reads an index, the age one row unless the oldest were refused. */
const STATE = `SELECT (SELECT COUNT(*) FROM signals WHERE refused_at IS NULL) AS count,
  COALESCE(TIMESTAMPDIFF(SECOND, (SELECT created_at FROM signals WHERE refused_at IS NULL ORDER BY created_at LIMIT 1),
    UTC_TIMESTAMP(3)), 0) AS seconds`

export type SignalRepository = ReturnType<typeof createSignalRepository>

export function createSignalRepository(read: Read, write: Write) {
  return {
    /** Does nothing for one that is there already. */
    async insert(tx: Statements, signal: NewSignal): Promise<void> {
      const { streamId, jti, userId, at, seq, claims, aboutStatus } = signal
      await tx.write(INSERT, [streamId, jti, userId, at, seq, claims, Number(aboutStatus)])
    },

    /** What can be delivered now, the oldest first. */
    listWaiting: (streamId: string, limit: number): Promise<WaitingSignal[]> =>
      read(WAITING, [streamId, String(limit), streamId, String(limit), String(limit)]),

    /** The receiver has them. */
    async remove(streamId: string, jtis: readonly string[]): Promise<number> {
      if (jtis.length === 0) return 0
      const { list, values } = listOf(jtis)
      return write(`DELETE FROM signals WHERE stream_id = ? AND jti IN (${list})`, [streamId, ...values])
    },

    /** The receiver will never accept it. */
    refuse: (streamId: string, jti: string, refusal: string): Promise<number> =>
      write(
        `UPDATE signals SET refused_at = UTC_TIMESTAMP(3), refusal = ?
         WHERE stream_id = ? AND jti = ? AND refused_at IS NULL`,
        [refusal.slice(0, REFUSAL_LENGTH), streamId, jti],
      ),

    /** Counts a failed attempt, and refuses the signal after many in a day. Returns how many were refused. */
    async fail(streamId: string, jti: string, limit: { attempts: number; seconds: number }): Promise<number> {
      const one = [streamId, jti]
      await write('UPDATE signals SET attempts = attempts + 1 WHERE stream_id = ? AND jti = ?', one)
      return write(
        `UPDATE signals SET refused_at = UTC_TIMESTAMP(3), refusal = 'The receiver accepted others, but not this one.'
         WHERE stream_id = ? AND jti = ? AND refused_at IS NULL AND attempts >= ?
         AND created_at < UTC_TIMESTAMP(3) - INTERVAL ? SECOND`,
        [...one, limit.attempts, limit.seconds],
      )
    },

    /** Deletes up to `limit` signals of a stream, except what says that its status has changed. Returns how many. */
    clear: (tx: Statements, streamId: string, limit: number): Promise<number> =>
      tx.write('DELETE FROM signals WHERE stream_id = ? AND about_status = 0 LIMIT ?', [streamId, String(limit)]),

    /** The same for all signals of a stream. */
    clearAll: (tx: Statements, streamId: string, limit: number): Promise<number> =>
      tx.write('DELETE FROM signals WHERE stream_id = ? LIMIT ?', [streamId, String(limit)]),

    /** Whether `clear` would still find one. */
    isCleared: async (tx: Statements, streamId: string): Promise<boolean> =>
      (await tx.select('SELECT 1 FROM signals WHERE stream_id = ? AND about_status = 0 LIMIT 1', [streamId])).length ===
      0,

    /** The streams that have signals, deleted ones included. */
    async streamIds(): Promise<string[]> {
      const rows = await read<{ id: string }>('SELECT DISTINCT stream_id AS id FROM signals', [])
      return rows.map(({ id }) => id)
    },

    /** How many signals wait, and how old the oldest is, in seconds. */
    async waiting(): Promise<{ count: number; seconds: number }> {
      const [row] = await read<{ count: string | number; seconds: string | number }>(STATE, [])
      return { count: Number(row?.count), seconds: Math.max(0, Number(row?.seconds)) }
    },

    /** Deletes those that were recorded before `before`, accepted or not. Returns how many. */
    purge: (before: Date, limit: number): Promise<number> =>
      write('DELETE FROM signals WHERE created_at < ? LIMIT ?', [before, String(limit)]),
  }
}
