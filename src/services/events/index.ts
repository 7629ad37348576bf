// Events: written with the change that they describe, published, and processed by consumers.
export { createBrokerPublishing } from './broker-publishing.js'
export { createBrokerWork, type Failure } from './broker-work.js'
export { type Consumer, DeadLetter } from './consumers.js'
export type { AnyEvent, AnyNewEvent, EventData, EventType, NewEvent, PostedEvent } from './event-types.js'
export { createProcessing, type Processing } from './processing.js'
export { createEventRelay, type Publish } from './relay.js'
export { createEventTrail, type EventTrail } from './trail.js'
export { createLocalQueue } from './local-queue.js'
