// Events: written with the change that they describe, published, and processed by consumers.
export { type AllDeadLetters, createAllDeadLetters } from './all-dead-letters.js'
export { revivedMessage } from './broker-messages.js'
export { createBrokerPublishing } from './broker-publishing.js'
export { createBrokerWork } from './broker-work.js'
export { type CloudEvent, fromCloudEvent, sourceOf, toCloudEvent } from './cloud-event.js'
export { type Consumer, DeadLetter } from './consumers.js'
export { createDeadLetters } from './dead-letters.js'
export {
  type AnyEvent,
  type AnyNewEvent,
  EVENT_TYPES,
  type EventData,
  type EventType,
  type NewEvent,
  type PostedEvent,
} from './event-types.js'
export { createProcessing, type Processing } from './processing.js'
export { queueStates } from './queue-states.js'
export { createEventRelay, type Publish } from './relay.js'
export { createEventTrail, type EventTrail } from './trail.js'
export { createLocalQueue } from './local-queue.js'
