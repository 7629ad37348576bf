// What receivers can do with the token of their stream: the management API of SSF 1.0, section 8.1.
import { ServiceError } from '@postern/service/errors'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { SignalRepository } from '../../repositories/signals/signals.js'
import type { StoredStream, StreamRepository, StreamStatus } from '../../repositories/signals/streams.js'
import { SERVICE, type AuditTrail } from '../audit/index.js'
import { deliveredEvents, SUPPORTED_EVENTS } from './event-types.js'
import { hashOfToken } from './stream-secrets.js'
import { requestedEvents } from './streams.js'
import type { SetStreamStatus } from './stream-status.js'
import { MIN_VERIFICATION_INTERVAL_SECONDS, recordVerification } from './verification.js'

export const PUSH_METHOD = 'urn:ietf:rfc:8935'
export const POLL_METHOD = 'urn:ietf:rfc:8936'

/** The stream that a token belongs to. */
export type ReceiverStream = StoredStream

export interface StreamState {
  stream_id: string
  status: StreamStatus
  reason?: string
}

const stateOf = (id: string, status: StreamStatus, reason: string | null): StreamState => ({
  stream_id: id,
  status,
  ...(reason !== null && { reason }),
})

export type Receivers = ReturnType<typeof createReceivers>

interface Parts {
  transaction: MysqlTransaction
  streams: StreamRepository
  signals: SignalRepository
  setStatus: SetStreamStatus
  audit: AuditTrail
  issuer: string
  /** Called when something can be pushed. */
  wake: () => void
}

export function createReceivers({ transaction, streams, signals, setStatus, audit, issuer, wake }: Parts) {
  return {
    /** Throws UNAUTHENTICATED. */
    async authenticate(token: string): Promise<ReceiverStream> {
      const hash = hashOfToken(token)
      const stream = hash === null ? null : await streams.findByToken(hash)
      if (!stream)
        throw new ServiceError('UNAUTHENTICATED', { message: 'Send the token of the stream as a bearer token.' })
      return stream
    },

    /** Without the Authorization header, which is a secret that the receiver knows. `pollUrl`: where polls go. */
    configurationOf(stream: ReceiverStream, pollUrl: string) {
      const requested = requestedEvents(stream)
      return {
        stream_id: stream.id,
        iss: issuer,
        aud: stream.audience,
        events_supported: SUPPORTED_EVENTS,
        events_requested: requested,
        events_delivered: deliveredEvents(requested),
        delivery:
          stream.method === 'push'
            ? { method: PUSH_METHOD, endpoint_url: stream.endpointUrl }
            : { method: POLL_METHOD, endpoint_url: pollUrl },
        min_verification_interval: MIN_VERIFICATION_INTERVAL_SECONDS,
        ...(stream.description !== null && { description: stream.description }),
      }
    },

    stateOf: ({ id, status, statusReason }: ReceiverStream): StreamState => stateOf(id, status, statusReason),

    /** Throws FORBIDDEN if an administrator has paused or disabled the stream, and NOT_FOUND if it was deleted. */
    async setState(id: string, status: StreamStatus, reason: string | null): Promise<StreamState> {
      return transaction(async (tx) => {
        const stream = await streams.lock(tx, id)
        if (!stream) throw new ServiceError('NOT_FOUND')
        // Nothing of an administrator is overwritten, not even the reason.
        if (status === stream.status && stream.statusBy === 'admin') return stateOf(id, status, stream.statusReason)
        if (stream.status !== 'enabled' && stream.statusBy === 'admin')
          throw new ServiceError('FORBIDDEN', { message: `An administrator has ${stream.status} this stream.` })
        await setStatus(tx, stream, { status, reason, by: 'receiver' })
        const facts = { stream: id, status, by: 'receiver' }
        if (status !== stream.status)
          await audit.record(tx, { action: 'UPDATE_SIGNAL_STREAM', actor: SERVICE, accountId: null, facts })
        tx.afterCommit(wake)
        return stateOf(id, status, reason)
      })
    },

    /** Throws FORBIDDEN for a disabled stream, RATE_LIMITED, and NOT_FOUND if it was deleted. */
    async verify(id: string, state: string | null): Promise<void> {
      await transaction(async (tx) => {
        const stream = await streams.lock(tx, id)
        if (!stream) throw new ServiceError('NOT_FOUND')
        await recordVerification(tx, signals, stream, state)
        if (!(await streams.allowVerification(tx, id, MIN_VERIFICATION_INTERVAL_SECONDS)))
          throw new ServiceError('RATE_LIMITED', { retryAfter: MIN_VERIFICATION_INTERVAL_SECONDS })
        tx.afterCommit(wake)
      })
    },
  }
}
