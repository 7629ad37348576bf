// The form in which other systems get events: CloudEvents 1.0 in JSON. docs/events/ describes it.
import { DeadLetter } from './consumers.js'
import type { PostedEvent } from './event.js'

export interface CloudEvent {
  specversion: '1.0'
  id: string
  source: string
  type: string
  /** The id of the user. */
  subject: string
  time: string
  datacontenttype: 'application/json'
  /** An extension attribute: counts the events of the user. */
  seq: number
  /** An extension attribute: W3C Trace Context. */
  traceparent?: string
  data: object
}

/** `source`: the URI of the service. */
export function toCloudEvent(
  { id, type, userId, seq, at, data, traceParent }: PostedEvent,
  source: string,
): CloudEvent {
  return {
    ...{ specversion: '1.0', id, source, type, subject: userId, time: at.toISOString() },
    ...{ datacontenttype: 'application/json', seq },
    ...(traceParent !== null && { traceparent: traceParent }),
    data,
  }
}

/** Throws a DeadLetter that says what is wrong with it, and quotes nothing. */
export function fromCloudEvent(text: string): PostedEvent {
  const { specversion, id, type, subject, time, seq, traceparent, data } = parse(text)
  const at = new Date(String(time))
  if (specversion !== '1.0' || Number.isNaN(at.getTime()) || typeof data !== 'object' || data === null)
    throw new DeadLetter('this is no CloudEvent of Postern')
  if (typeof id !== 'string' || typeof type !== 'string' || typeof subject !== 'string' || !Number.isSafeInteger(seq))
    throw new DeadLetter('this is no CloudEvent of Postern')
  const traceParent = typeof traceparent === 'string' ? traceparent : null
  return { id, type, userId: subject, seq: Number(seq), at, traceParent, data }
}

function parse(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>
  } catch {
    // Its error quotes the text.
  }
  throw new DeadLetter('this is no JSON object')
}
