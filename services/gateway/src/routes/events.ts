// How the responses of an RPC that streams them are events: the option `event_stream`.
import { type DescField, type DescMethod, getOption } from '@bufbuild/protobuf'
import { event_stream as eventStream } from '@postern/proto/common'
import { fieldChain, textField } from './field-path.js'

export interface Events {
  /** The fields that lead to the id of an event, from the response on. Null: events have none. */
  readonly id: readonly DescField[] | null
  /** The field of the request that gets the id of the last event that the client has seen. */
  readonly resumeAfter: DescField | null
}

/** Null for an RPC with one response. Throws an Error if its responses can't be events. */
export function eventsOf(method: DescMethod, httpMethod: string): Events | null {
  if (method.methodKind === 'unary') return null
  if (method.methodKind !== 'server_streaming') throw new Error('streams of requests have no routes')
  if (httpMethod !== 'GET') throw new Error('events are the response of a GET')
  const { eventId, resumeAfter } = getOption(method, eventStream)
  return {
    id: eventId === '' ? null : fieldChain(method.output, eventId.split('.')),
    resumeAfter: resumeAfter === '' ? null : textField(method.input, resumeAfter),
  }
}
