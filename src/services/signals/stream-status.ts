// Enables, pauses and disables a stream.
import { ServiceError } from '@postern/service/errors'
import type { Statements } from '@postern/service/database/statements'
import type { SignalRepository } from '../../repositories/signals/signals.js'
import type { StatusSetter, StoredStream, StreamRepository, StreamStatus } from '../../repositories/signals/streams.js'
import { DISCARD_BATCH } from './discarding.js'
import { STREAM_UPDATED } from './event-types.js'
import { signalAboutStream } from './security-event-tokens.js'

export interface StatusChange {
  status: StreamStatus
  reason: string | null
  by: StatusSetter
}

export type SetStreamStatus = ReturnType<typeof createSetStreamStatus>

/** A client that tries again finds the stream empty. */
const RETRY_AFTER_SECONDS = 5

/**
 * Sets the status of a stream whose row the transaction has locked. A disabled stream holds no signals, so those that wait
 * are lost: a first batch at once, the others by `discard`, which is called after the commit. The receiver learns of what
 * an administrator has changed (SSF 1.0, section 8.1.5). Throws SERVICE_UNAVAILABLE for a disabled stream that still has
 * signals: it would deliver them.
 */
export const createSetStreamStatus =
  ({ streams, signals, discard }: { streams: StreamRepository; signals: SignalRepository; discard: () => void }) =>
  async (tx: Statements, stream: StoredStream, { status, reason, by }: StatusChange): Promise<void> => {
    await streams.update(tx, stream.id, { status, statusReason: reason, statusBy: by })
    if (status === stream.status) return
    if (stream.status === 'disabled' && !(await signals.isCleared(tx, stream.id)))
      throw new ServiceError('SERVICE_UNAVAILABLE', {
        message: 'The signals of this stream are still being deleted. Try again in a few seconds.',
        retryAfter: RETRY_AFTER_SECONDS,
      })
    if (status === 'disabled') {
      await signals.clear(tx, stream.id, DISCARD_BATCH)
      tx.afterCommit(discard)
    }
    if (by === 'receiver') return
    const event = { status, ...(reason !== null && { reason }) }
    await signals.insert(tx, signalAboutStream(stream.id, STREAM_UPDATED, event, { aboutStatus: true }))
  }
