// Events as messages of RabbitMQ: structured CloudEvents, with what retries need in the headers.
import type { OutgoingMessage } from './broker-publisher.js'
import type { IncomingMessage } from './broker-session.js'
import { type BrokerNames, deadQueueOf, delayQueueOf, HEADERS, queueOf } from './topology.js'
import { type CloudEvent, toCloudEvent } from './cloud-event.js'
import type { PostedEvent } from './event.js'

const CONTENT_TYPE = 'application/cloudevents+json; charset=utf-8'
const REASON_LENGTH = 255

/**
 * The copies of an event: one for other systems, of which there may be none, and one for each of these consumers, whose
 * queue must get it.
 */
export function eventMessages(names: BrokerNames, event: PostedEvent, consumers: readonly string[]): OutgoingMessage[] {
  const envelope = toCloudEvent(event, names.source)
  const body = Buffer.from(JSON.stringify(envelope))
  const message = { id: event.id, type: event.type, contentType: CONTENT_TYPE, headers: traceOf(envelope), body }
  return [
    { ...message, exchange: names.exchange, routingKey: event.type, mandatory: false },
    ...consumers.map((name) => ({ ...message, exchange: '', routingKey: queueOf(names, name), mandatory: true })),
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
export const delayedMessage = (names: BrokerNames, failed: Failed, seconds: number): OutgoingMessage =>
  copyOf(failed, delayQueueOf(names, failed.consumer, seconds), {})

export const deadMessage = (names: BrokerNames, failed: Failed, at: Date): OutgoingMessage =>
  copyOf(failed, deadQueueOf(names, failed.consumer), { [HEADERS.diedAt]: at.toISOString() })

/** Back into the consumer's queue, as if it had never been tried. */
export const revivedMessage = (names: BrokerNames, consumer: string, message: IncomingMessage): OutgoingMessage =>
  toQueue(queueOf(names, consumer), message, {})

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
