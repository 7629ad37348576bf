// How the responses of an RPC that streams them are events: the option `event_stream`.
import { type DescField, type DescMessage, type DescMethod, getOption, ScalarType } from '@bufbuild/protobuf'
import { event_stream as eventStream } from '@postern/proto/common'
import { fieldChain } from './field-path.js'

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
    id: eventId === '' ? null : toText(method.output, eventId.split('.')),
    resumeAfter: resumeAfter === '' ? null : (toText(method.input, [resumeAfter])[0] ?? null),
  }
}

function toText(message: DescMessage, names: readonly string[]): readonly DescField[] {
  const chain = fieldChain(message, names)
  const last = chain.at(-1)
  if (last?.fieldKind !== 'scalar' || last.scalar !== ScalarType.STRING)
    throw new Error(`${names.join('.')} is no text`)
  return chain
}
