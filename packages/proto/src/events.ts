// postern.events.v1: events that services hand over to each other.
export * from './generated/postern/events/v1/events_pb.js'
