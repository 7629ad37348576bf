// Enables, pauses and disables a stream.
import type { Statements } from '../../repositories/database/statements.js'
import type { SignalRepository } from '../../repositories/signals/signals.js'
import type { StatusSetter, StoredStream, StreamRepository, StreamStatus } from '../../repositories/signals/streams.js'
import { STREAM_UPDATED } from './event-types.js'
import { signalAboutStream } from './security-event-tokens.js'

export interface StatusChange {
  status: StreamStatus
  reason: string | null
  by: StatusSetter
}

export type SetStreamStatus = ReturnType<typeof createSetStreamStatus>

/**
 * Sets the status of a stream whose row the transaction has locked. A disabled stream holds no signals, so those that wait
 * are lost. The receiver learns of what an administrator has changed (SSF 1.0, section 8.1.5).
 */
export const createSetStreamStatus =
  ({ streams, signals }: { streams: StreamRepository; signals: SignalRepository }) =>
  async (tx: Statements, stream: StoredStream, { status, reason, by }: StatusChange): Promise<void> => {
    await streams.update(tx, stream.id, { status, statusReason: reason, statusBy: by })
    if (status === stream.status) return
    if (status === 'disabled') await signals.clear(tx, stream.id)
    if (by === 'receiver') return
    const event = { status, ...(reason !== null && { reason }) }
    await signals.insert(tx, signalAboutStream(stream.id, STREAM_UPDATED, event, { aboutStatus: true }))
  }
