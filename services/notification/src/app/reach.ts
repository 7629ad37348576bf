// Builds the ways to reach people: all channels that are configured, with the devices, numbers and webhooks that they send to.
import { createOutboundRequests } from '@postern/delivery/outbound/requests'
import { DELIVERY_RESULTS } from '@postern/delivery/webhooks/sending'
import type { NewEventOf } from '@postern/service/events/event'
import type { ProgramParts } from '@postern/service/program'
import type { Channel } from '../channels/channel.js'
import { createChannels } from '../channels/create-channels.js'
import type { Config } from '../config/index.js'
import { createAddressVault } from '../devices/address-vault.js'
import { createDeviceTable } from '../devices/device-table.js'
import type { HasConsent } from '../deliveries/consent-check.js'
import type { PeopleTable } from '../people/people-table.js'
import { createPhoneNumberTable } from '../phone-numbers/phone-number-table.js'
import type { WebhookEvents } from '../webhooks/records.js'
import { createNotificationWebhooks } from '../webhooks/webhooks.js'
import type { NotificationEvents } from './events.js'

export type Reach = ReturnType<typeof createReach>

/** `email`: null if this deployment sends no mails. */
export function createReach(
  { config, database, breakers, logger, metrics }: ProgramParts<Config>,
  {
    email,
    events,
    people,
    hasConsent,
  }: { email: Channel | null; events: NotificationEvents; people: PeopleTable; hasConsent: HasConsent },
) {
  const { clock } = database
  const outbound = createOutboundRequests({ allowedHosts: config.OUTBOUND_ALLOWED_HOSTS })
  const vault = createAddressVault(config.NOTIFICATION_KEY, config.NOTIFICATION_KEY_PREVIOUS)
  const devices = createDeviceTable({ read: database.read, write: database.write, vault })
  const phoneNumbers = createPhoneNumberTable({ read: database.read, write: database.write, vault })
  const results = metrics.counter('postern_notification_webhook_requests_total', 'Requests to webhooks, by result.', [
    'result',
  ])
  for (const result of DELIVERY_RESULTS) results.inc({ result }, 0)
  const webhooks = createNotificationWebhooks({
    ...{ database, config, outbound, logger, people, hasConsent, clock: () => clock.now() },
    source: config.JWT_ISSUER,
    recordEvent: (tx, webhookId, event) => events.trail.record(tx, webhookId, event as NewEventOf<WebhookEvents>),
    onSettled: (result) => results.inc({ result }),
  })
  const others = createChannels({ config, devices, phoneNumbers, outbound, breakers })

  return {
    channels: [...(email ? [email] : []), ...others.channels, webhooks.channel],
    ...{ vault, devices, phoneNumbers, webhooks },
    /** What is wrong with a URL of a client, as the end of a sentence, or null. */
    urlProblem: (url: string) => outbound.problemOf(url),
    async close(): Promise<void> {
      others.close()
      await webhooks.close()
    },
  }
}
