// Which process pushes the signals of a stream, and how its pushes have gone.
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'

/**
 * Whether a stream has one. MariaDB would answer an EXISTS by reading the signals of all streams, and without the name of the
 * index, it can choose one with which it reads all of this stream.
 */
const hasSignal = (condition: string) => `(SELECT 1 FROM signals g FORCE INDEX (signals_deliverable)
  WHERE g.stream_id = s.id AND g.refused_at IS NULL AND ${condition} LIMIT 1) IS NOT NULL`

/** Does not read what a paused stream holds back: that can be a week of signals. */
const FIND_DUE = `SELECT s.id FROM signal_streams s WHERE s.method = 'push' AND s.push_due_at <= UTC_TIMESTAMP(3)
  AND (${hasSignal('g.about_status = 1')} OR (s.status = 'enabled' AND ${hasSignal('g.about_status = 0')}))
  ORDER BY s.push_due_at LIMIT ?`

/** Of several processes, only one finds the old time. */
const LEASE = `UPDATE signal_streams SET push_due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND
  WHERE id = ? AND push_due_at <= UTC_TIMESTAMP(3)`

const FAILURE_LENGTH = 255

export type PushRepository = ReturnType<typeof createPushRepository>

export function createPushRepository(read: Read, write: Write) {
  return {
    /** The streams with something to push that no process pushes. */
    listDue: async (limit: number): Promise<string[]> =>
      (await read<{ id: string }>(FIND_DUE, [String(limit)])).map(({ id }) => id),

    /** Returns false if another process was faster. */
    lease: async (id: string, seconds: number): Promise<boolean> => (await write(LEASE, [seconds, id])) === 1,

    async countFailures(id: string): Promise<number> {
      const [row] = await read<{ failures: number }>(
        'SELECT push_failures AS failures FROM signal_streams WHERE id = ?',
        [id],
      )
      return row?.failures ?? 0
    },

    /** Ends the lease. `pauseSeconds`: until the next round. */
    release: (id: string, { pauseSeconds, failures }: { pauseSeconds: number; failures: number }): Promise<number> =>
      write(
        'UPDATE signal_streams SET push_due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND, push_failures = ? WHERE id = ?',
        [pauseSeconds, failures, id],
      ),

    /** Notes that the receiver has accepted something. */
    noteAccepted: (id: string): Promise<number> =>
      write('UPDATE signal_streams SET accepted_at = UTC_TIMESTAMP(3) WHERE id = ?', [id]),

    noteFailure: (id: string, failure: string): Promise<number> =>
      write('UPDATE signal_streams SET failed_at = UTC_TIMESTAMP(3), failure = ? WHERE id = ?', [
        failure.slice(0, FAILURE_LENGTH),
        id,
      ]),
  }
}
