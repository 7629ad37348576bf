// Events: written with the change that they describe, published, and processed by consumers.
export { type Consumer, DeadLetter } from './consumers.js'
export type { AnyEvent, AnyNewEvent, EventData, EventType, NewEvent, PostedEvent } from './event-types.js'
export { createProcessing, type Processing } from './processing.js'
export { createEventRelay, type Publish } from './relay.js'
export { createEventTrail, type EventTrail } from './trail.js'
export { createLocalQueue } from './local-queue.js'
