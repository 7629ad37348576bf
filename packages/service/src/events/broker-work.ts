// What a worker does with a message of RabbitMQ: processes it, or puts it into another queue.
import type { BrokerPublisher } from './broker-publisher.js'
import type { IncomingMessage, Verdict } from './broker-session.js'
import { attemptsOf, deadMessage, delayedMessage } from './broker-messages.js'
import { fromCloudEvent } from './cloud-event.js'
import { type Consumer, DeadLetter, Deferral } from './consumers.js'
import { ageOf, deferralSeconds } from './deferrals.js'
import type { IsEventType, PostedEvent } from './event.js'
import type { DeliveryResult } from './event-metrics.js'
import type { Processing } from './processing.js'
import type { BrokerNames } from './topology.js'

/** How often a worker looks whether the database or the broker is available again. */
const OUTAGE_PAUSE_MS = 500

/** How long a worker takes no other message once what the consumer needs is away. */
const REST_MS = 1000

export interface BrokerWorkOptions {
  names: BrokerNames
  isEventType: IsEventType
  consumers: readonly Consumer[]
  process: Processing
  publisher: Pick<BrokerPublisher, 'publish'>
  retrySeconds: readonly number[]
  /** Rejects if the database is unavailable. */
  pingDatabase: () => Promise<unknown>
  /** Resolves after that time, or when the worker stops. */
  pause: (milliseconds: number) => Promise<void>
  onResult: (consumer: string, result: DeliveryResult, failure?: Failure) => void
}

export interface Failure {
  eventId: string
  attempts: number
  /** The pause until the next attempt, if there is one. */
  seconds: number | undefined
  error: unknown
}

interface Failed {
  consumer: string
  message: IncomingMessage
  /** When the event has happened. */
  at: Date
  error: unknown
}

export function createBrokerWork(options: BrokerWorkOptions) {
  const { names, isEventType, consumers, process, publisher, retrySeconds, pingDatabase, pause, onResult } = options

  /** No event is to blame for an outage of the database, so that costs none of its attempts. */
  const isDatabaseAway = (): Promise<boolean> =>
    pingDatabase().then(
      () => false,
      () => true,
    )

  /** How many attempts it has had, and the pause until the next one. Without a pause, it becomes a dead letter. */
  function nextOf({ message, at, error }: Failed): { attempts: number; seconds: number | undefined } {
    if (error instanceof Deferral)
      return { attempts: attemptsOf(message), seconds: deferralSeconds(retrySeconds, error, ageOf({ at }, new Date())) }
    const attempts = attemptsOf(message) + 1
    return { attempts, seconds: error instanceof DeadLetter ? undefined : retrySeconds[attempts - 1] }
  }

  /** Moves the message to the queue of its next attempt, or to the dead letters. */
  async function putOff(failed: Failed): Promise<void> {
    const { consumer, message, error } = failed
    const { attempts, seconds } = nextOf(failed)
    const reason = error instanceof Error ? error.message : String(error)
    const moved = { consumer, message, attempts, reason }
    const copy = seconds === undefined ? deadMessage(names, moved, new Date()) : delayedMessage(names, moved, seconds)
    const [refusal] = await publisher.publish([copy])
    if (refusal) throw refusal
    const result = error instanceof Deferral ? 'deferred' : seconds === undefined ? 'dead' : 'retried'
    onResult(consumer, result, { eventId: message.id, attempts, seconds, error })
  }

  /** Until the copy is stored. Without RabbitMQ, the message stays where it is. */
  async function keepPuttingOff(isAbandoned: () => boolean, failed: Failed): Promise<Verdict> {
    while (!isAbandoned()) {
      try {
        await putOff(failed)
        return 'done'
      } catch {
        await pause(OUTAGE_PAUSE_MS)
      }
    }
    return 'requeue'
  }

  /**
   * The message is acknowledged after its effect is committed, or its copy is stored. If the worker dies in between, it is
   * delivered again. `isAbandoned`: true once RabbitMQ delivers it again anyway.
   */
  return async function handle(name: string, message: IncomingMessage, isAbandoned: () => boolean): Promise<Verdict> {
    const consumer = consumers.find((known) => known.name === name)
    if (!consumer) return 'requeue'
    let event: PostedEvent
    try {
      event = fromCloudEvent(message.body.toString())
    } catch (error) {
      return keepPuttingOff(isAbandoned, { consumer: name, message, at: new Date(), error })
    }
    while (!isAbandoned()) {
      try {
        // An earlier version may have published more types into the queue.
        if (consumer.types.includes(event.type) || !isEventType(event.type)) await process(consumer, event)
        onResult(name, 'processed')
        return 'done'
      } catch (error) {
        if (error instanceof Deferral && error.isOutage) await pause(REST_MS)
        if (error instanceof Deferral || !(await isDatabaseAway()))
          return keepPuttingOff(isAbandoned, { consumer: name, message, at: event.at, error })
        await pause(OUTAGE_PAUSE_MS)
      }
    }
    return 'requeue'
  }
}
