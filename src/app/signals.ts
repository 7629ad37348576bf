// Builds Shared Signals: the streams, the consumer that records signals, and their delivery.
import { createOutboundRequests } from '@postern/delivery/outbound/requests'
import type { Logger } from '@postern/service/logger'
import { addSeconds, type Clock } from '@postern/service/clock'
import { type Config, processesEvents } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { deriveKey } from '@postern/service/sealing'
import { createPushRepository } from '../repositories/signals/pushes.js'
import { createSignalRepository } from '../repositories/signals/signals.js'
import { createStreamRepository } from '../repositories/signals/streams.js'
import type { AuditTrail } from '../services/audit/index.js'
import type { Consumer } from '../services/events/index.js'
import {
  createDiscarding,
  createHeaderSeal,
  createPolling,
  createPushing,
  createReceivers,
  createSetStreamStatus,
  createSignalConsumer,
  createStreamService,
  createTokenWriter,
  describeRefusal,
  type Refusal,
  type SignalServices,
} from '../services/signals/index.js'
import { signSecurityEvent, type SigningKeys } from '../services/tokens/index.js'
import type { Stores } from './stores.js'

const PURGE_BATCH = 1000

const RESULTS = ['accepted', 'refused', 'failed'] as const

export interface Signals {
  services: SignalServices
  consumer: Consumer
  /** Starts to push what is due. Null where another process pushes. */
  push: (() => Promise<void>) | null
  /** Deletes signals that are too old. Returns how many. */
  purge(): Promise<number>
  /** Finishes the pushes and deletions that it has started. */
  close(): Promise<void>
}

interface Parts {
  config: Config
  stores: Stores
  signingKeys: SigningKeys | null
  audit: { trail: AuditTrail }
  metrics: Metrics
  logger: Logger
  clock: Clock
}

/** Null if the service has no key to sign with, or no URL that receivers can find it by. */
export function createSignals({ config, stores, signingKeys, audit, metrics, logger, clock }: Parts): Signals | null {
  if (!signingKeys || !/^https?:/i.test(config.JWT_ISSUER)) return null
  const issuer = config.JWT_ISSUER
  const { mysqlTransaction: transaction, read, write, readInBackground, writeInBackground } = stores
  const streams = createStreamRepository(read)
  const inBackground = {
    streams: createStreamRepository(readInBackground),
    signals: createSignalRepository(readInBackground, writeInBackground),
    pushes: createPushRepository(readInBackground, writeInBackground),
  }
  const signals = createSignalRepository(read, write)
  const outbound = createOutboundRequests({ allowedHosts: config.OUTBOUND_ALLOWED_HOSTS })
  const seal = createHeaderSeal(deriveKey(config.REFRESH_KEY, 'postern signal key v1'))
  const writeToken = createTokenWriter({ issuer, sign: (claims) => signSecurityEvent(signingKeys, claims, clock()) })
  const counted = metrics.results('postern_signals_total', 'Deliveries of Shared Signals, by result.', RESULTS)
  metrics.watchSignals(() => inBackground.signals.waiting())

  const noteFailure = async (streamId: string, failure: string): Promise<void> => {
    counted('failed')
    logger.debug({ streamId, failure }, 'a signal was not delivered; trying again')
    await inBackground.pushes.noteFailure(streamId, failure)
  }
  const noteAccepted = async (streamId: string, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) counted('accepted')
    await inBackground.pushes.noteAccepted(streamId)
  }
  const refuse = async (streamId: string, jti: string, refusal: Refusal): Promise<void> => {
    const text = describeRefusal(refusal)
    if ((await inBackground.signals.refuse(streamId, jti, text)) === 0) return
    counted('refused')
    logger.warn({ streamId, jti, refusal: text }, 'the receiver of a stream refused a signal')
    await inBackground.pushes.noteFailure(streamId, text)
  }

  const polling = createPolling({
    ...{ signals, write: writeToken, noteAccepted, refuse },
    responseTimeoutMs: config.RESPONSE_TIMEOUT * 1000,
  })
  const pushing = createPushing({
    ...{ ...inBackground, write: writeToken, seal, post: outbound.send, noteAccepted, refuse, noteFailure },
    onFailure: (error) => logger.warn({ err: error }, 'pushing signals failed; trying again'),
  })
  /** Receivers can be slow. If there are workers, that must not happen beside requests. */
  const pushesHere = processesEvents(config)
  /** After a commit. The job of the same name repeats it. */
  const wake = () => {
    polling.wake()
    if (!pushesHere) return
    pushing.step().catch((error: unknown) => logger.debug({ err: error }, 'pushing signals failed; trying again'))
  }

  const discarding = createDiscarding({ ...inBackground, transaction: stores.backgroundTransaction })
  /** After a commit. The purge repeats it. */
  const discard = () => {
    discarding.run().catch((error: unknown) => logger.debug({ err: error }, 'deleting signals failed; trying again'))
  }
  const setStatus = createSetStreamStatus({ streams, signals, discard })
  const shared = { transaction, streams, signals, setStatus, audit: audit.trail, wake, discard }
  return {
    services: {
      streams: createStreamService({ ...shared, seal, urlProblem: outbound.problemOf }),
      receivers: createReceivers({ ...shared, issuer }),
      polling,
    },
    consumer: createSignalConsumer({ streams, signals, issuer, wake }),
    push: pushesHere ? () => pushing.step() : null,
    async close() {
      await Promise.all([pushing.close(), discarding.close()])
    },
    async purge() {
      const before = addSeconds(clock(), -config.SIGNAL_RETENTION)
      let total = await discarding.run()
      for (;;) {
        const deleted = await inBackground.signals.purge(before, PURGE_BATCH)
        total += deleted
        if (deleted < PURGE_BATCH) return total
      }
    },
  }
}
