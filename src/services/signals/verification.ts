// Sends a verification event through a stream, so that its receiver sees that the stream works.
import { ServiceError } from '@postern/service/errors'
import type { Statements } from '@postern/service/database/statements'
import type { SignalRepository } from '../../repositories/signals/signals.js'
import type { StoredStream } from '../../repositories/signals/streams.js'
import { VERIFICATION } from './event-types.js'
import { signalAboutStream } from './security-event-tokens.js'

/** A receiver may request one in so many seconds. */
export const MIN_VERIFICATION_INTERVAL_SECONDS = 30

/** A paused stream holds it. Throws FORBIDDEN for a disabled one. */
export async function recordVerification(
  tx: Statements,
  signals: SignalRepository,
  stream: StoredStream,
  state: string | null,
): Promise<void> {
  if (stream.status === 'disabled')
    throw new ServiceError('FORBIDDEN', { message: 'The stream is disabled. Enable it first.' })
  const event = state === null ? {} : { state }
  await signals.insert(tx, signalAboutStream(stream.id, VERIFICATION, event, { aboutStatus: false }))
}
