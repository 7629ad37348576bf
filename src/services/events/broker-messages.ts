// Events as messages of RabbitMQ: structured CloudEvents, with what retries need in the headers.
import type { OutgoingMessage } from '../../repositories/events/broker-publisher.js'
import type { IncomingMessage } from '../../repositories/events/broker-session.js'
import { deadQueueOf, delayQueueOf, EXCHANGE, HEADERS, queueOf } from '../../repositories/events/topology.js'
import { type CloudEvent, toCloudEvent } from './cloud-event.js'
import type { AnyEvent } from './event-types.js'

const CONTENT_TYPE = 'application/cloudevents+json; charset=utf-8'
const REASON_LENGTH = 255

/**
 * The copies of an event: one for other systems, of which there may be none, and one for each of these consumers, whose
 * queue must get it.
 */
export function eventMessages(event: AnyEvent, consumers: readonly string[]): OutgoingMessage[] {
  const envelope = toCloudEvent(event)
  const body = Buffer.from(JSON.stringify(envelope))
  const message = { id: event.id, type: event.type, contentType: CONTENT_TYPE, headers: traceOf(envelope), body }
  return [
    { ...message, exchange: EXCHANGE, routingKey: event.type, mandatory: false },
    ...consumers.map((name) => ({ ...message, exchange: '', routingKey: queueOf(name), mandatory: true })),
  ]
}

const traceOf = ({ traceparent }: Pick<CloudEvent, 'traceparent'>): Record<string, string> =>
  traceparent === undefined ? {} : { traceparent }

/** How often it has been tried. */
export const attemptsOf = ({ headers }: Pick<IncomingMessage, 'headers'>): number =>
  Math.max(0, Number(headers[HEADERS.attempts]) || 0)

interface Failed {
  consumer: string
  message: IncomingMessage
  attempts: number
  reason: string
}

/** Into a queue from which RabbitMQ returns it to the consumer's after a pause. */
export const delayedMessage = (failed: Failed, seconds: number): OutgoingMessage =>
  copyOf(failed, delayQueueOf(failed.consumer, seconds), {})

export const deadMessage = (failed: Failed, at: Date): OutgoingMessage =>
  copyOf(failed, deadQueueOf(failed.consumer), { [HEADERS.diedAt]: at.toISOString() })

/** Back into the consumer's queue, as if it had never been tried. */
export const revivedMessage = (consumer: string, message: IncomingMessage): OutgoingMessage =>
  toQueue(queueOf(consumer), message, {})

const copyOf = ({ message, attempts, reason }: Failed, queue: string, more: Record<string, string>): OutgoingMessage =>
  toQueue(queue, message, {
    ...{ [HEADERS.attempts]: attempts, [HEADERS.reason]: reason.slice(0, REASON_LENGTH) },
    ...more,
  })

function toQueue(
  queue: string,
  { id, type, headers, body }: IncomingMessage,
  own: Record<string, string | number>,
): OutgoingMessage {
  const { traceparent } = headers
  return {
    ...{ exchange: '', routingKey: queue, mandatory: true, id, type, contentType: CONTENT_TYPE, body },
    headers: { ...own, ...(typeof traceparent === 'string' && { traceparent }) },
  }
}
