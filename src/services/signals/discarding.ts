// Deletes the signals of streams that are disabled or deleted: in batches, after the change of the stream.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { SignalRepository } from '../../repositories/signals/signals.js'
import type { StreamRepository } from '../../repositories/signals/streams.js'

/** Signals per transaction, so that locks are short. */
export const DISCARD_BATCH = 1000

interface Parts {
  transaction: MysqlTransaction
  streams: StreamRepository
  signals: SignalRepository
}

export function createDiscarding({ transaction, streams, signals }: Parts) {
  let isClosed = false
  let last: Promise<unknown> = Promise.resolve()

  /** The stream can't be enabled in the meantime. */
  const discardBatch = (id: string): Promise<number> =>
    transaction(async (tx) => {
      const status = await streams.lockStatus(tx, id)
      if (status === null) return signals.clearAll(tx, id, DISCARD_BATCH)
      return status === 'disabled' ? signals.clear(tx, id, DISCARD_BATCH) : 0
    })

  async function discard(): Promise<number> {
    let total = 0
    for (const id of await signals.streamIds())
      for (let deleted = DISCARD_BATCH; deleted === DISCARD_BATCH && !isClosed; total += deleted)
        deleted = await discardBatch(id)
    return total
  }

  return {
    /** One run at a time. Returns how many it deleted. */
    run(): Promise<number> {
      const run = last.then(discard)
      last = run.catch(() => undefined)
      return run
    },

    /** Finishes the batch that it has started. */
    async close(): Promise<void> {
      isClosed = true
      await last
    },
  }
}
