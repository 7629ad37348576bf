// The events of Postern: written with the change that they describe, published, and processed by consumers.
export {
  type AnyEvent,
  type AnyNewEvent,
  type Consumer,
  EVENT_TYPES,
  type EventData,
  type EventTrail,
  type EventType,
  isEventType,
} from './event-types.js'
export { POSTERN, sourceOf, USERS } from './names.js'
