// Records a signal for each stream that wants it.
import type { SignalRepository } from '../../repositories/signals/signals.js'
import type { StreamRepository } from '../../repositories/signals/streams.js'
import type { Consumer } from '../events/index.js'
import { deliveredEvents, isSignaled, SIGNALED_EVENTS, signalOf } from './event-types.js'
import { signalFor } from './security-event-tokens.js'
import { requestedEvents } from './streams.js'

/** `wake` is called after each commit that has recorded signals. */
export const createSignalConsumer = ({
  streams,
  signals,
  issuer,
  wake,
}: {
  streams: StreamRepository
  signals: SignalRepository
  issuer: string
  wake: () => void
}): Consumer => ({
  name: 'signals',
  types: SIGNALED_EVENTS,
  select: async (events, tx) => ((await streams.isAnyOpen(tx)) ? events : []),
  async write(event, tx) {
    if (!isSignaled(event)) return
    const signal = signalOf(event, issuer)
    for (const stream of await streams.lockOpen(tx)) {
      if (!deliveredEvents(requestedEvents(stream)).includes(signal.type)) continue
      await signals.insert(tx, signalFor(stream.id, signal, event))
      tx.afterCommit(wake)
    }
  },
})
