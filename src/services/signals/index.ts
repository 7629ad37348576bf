// Shared Signals: security events for other services, as signed tokens that are pushed or polled.
import type { Polling } from './polling.js'
import type { Receivers } from './receivers.js'
import type { StreamService } from './streams.js'

export { createSignalConsumer } from './consumer.js'
export { createDiscarding } from './discarding.js'
export { createPolling } from './polling.js'
export { createPushing } from './pushing.js'
export { createReceivers, POLL_METHOD, PUSH_METHOD, type ReceiverStream } from './receivers.js'
export { describeRefusal, type Refusal } from './refusals.js'
export { createTokenWriter } from './security-event-tokens.js'
export { createHeaderSeal } from './stream-secrets.js'
export { createSetStreamStatus } from './stream-status.js'
export { createStreamService } from './streams.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { ManagedStream } from './streams.js'

export interface SignalServices {
  streams: StreamService
  receivers: Receivers
  polling: Polling
}
