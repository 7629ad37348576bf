// The services beside this one: consents and notifications, where the deployment has them. This one works without them.
import { checkComponent } from '@postern/service/component-check'
import type { Logger } from '@postern/service/logger'
import type { Component } from '@postern/service/requests/readiness'
import type { Tracing } from '@postern/service/tracing/tracing'
import { createRemoteConsumer } from '@postern/service/events/remote-consumer'
import type { Config } from '../config/index.js'
import { createConsents } from '../services/consents/index.js'
import { createLiveNotifications, createNotifications } from '../services/notifications/index.js'
import type { AnyEvent } from '../services/events/index.js'
import type { ConsentConnection } from '../upstreams/consent/index.js'
import type { Stores } from './stores.js'

export type Beside = Awaited<ReturnType<typeof connectToBeside>>

interface Parts {
  config: Config
  stores: Pick<Stores, 'breakers'>
  tracing: Tracing | null
  logger: Logger
}

/** Connects with the first call. Loads nothing of gRPC if there is no such service. */
export async function connectToBeside({ config, stores, tracing, logger }: Parts) {
  const { SERVICE_KEY: key, CONSENT_GRPC_URL, NOTIFICATION_GRPC_URL } = config
  const optionsFor = (address: Config['CONSENT_GRPC_URL']) =>
    address && key ? { address, key, tracing, breakers: stores.breakers } : null
  const [forConsent, forNotification] = [optionsFor(CONSENT_GRPC_URL), optionsFor(NOTIFICATION_GRPC_URL)]
  const consent = forConsent && (await import('../upstreams/consent/index.js')).openConsent(forConsent)
  const notification =
    forNotification && (await import('../upstreams/notification/index.js')).openNotification(forNotification)
  const live = notification && createLiveNotifications(notification.records, logger)
  const connections = { ...(consent && { consent }), ...(notification && { notification }) }

  return {
    /** What happens there for events. */
    consumers: consent ? [consentConsumer(consent)] : [],
    notification,
    /** Null without CONSENT_GRPC_URL. */
    consents: consent && createConsents(consent.records),
    /** Null without NOTIFICATION_GRPC_URL. */
    notifications: notification && live && createNotifications(notification.records, live),

    /** The state of each of them. */
    async health(): Promise<{ consent?: Component; notification?: Component }> {
      const checked = Object.entries(connections).map(async ([name, { isUp }]) => [
        name,
        await checkComponent(async () => ((await isUp()) ? ('up' as const) : ('down' as const))),
      ])
      return Object.fromEntries(await Promise.all(checked)) as { consent?: Component; notification?: Component }
    },

    close(): void {
      live?.close()
      for (const { close } of Object.values(connections)) close()
    },
  }
}

/** It erases users who are deleted here. */
const consentConsumer = ({ deliver }: ConsentConnection) =>
  createRemoteConsumer<AnyEvent>({ name: 'consent', types: ['user.deleted'], deliver })
