// What happens for the events of other services: webhooks get them, people learn what became of their consents, and a deleted account
// is erased here, too.
import { WEBHOOK_EVENT_TYPES } from '@postern/contract/event-types'
import { ServiceError } from '@postern/service/errors'
import type { WritingConsumer } from '@postern/service/events/consumers'
import type { PostedEvent } from '@postern/service/events/event'
import { newNotification } from '../notifications/inputs.js'
import type { Acceptance } from '../notifications/acceptance.js'
import type { Erase } from '../people/erasure.js'

interface Parts {
  webhooks: Pick<WritingConsumer, 'write'>
  acceptance: Acceptance
  erase: Erase
}

/** The events of the consent service, and the template of each. */
const CONSENT_TEMPLATES: Readonly<Record<string, string>> = {
  'consent.granted': 'consent-granted',
  'consent.revoked': 'consent-revoked',
  'consent.expired': 'consent-expired',
}

/** Whose idempotency keys these are: the ids of events. No service has this name. */
const SENDER = '.consent-events'

export const receivers = ({ webhooks, acceptance, erase }: Parts): WritingConsumer[] => [
  { name: 'webhooks', types: WEBHOOK_EVENT_TYPES, write: (event, tx) => webhooks.write(event, tx) },
  {
    name: 'consents',
    types: Object.keys(CONSENT_TEMPLATES),
    // In a transaction of its own, and once: the id of the event is the key.
    write: (event) => notify(acceptance, event),
  },
  {
    name: 'erasure',
    types: ['user.deleted'],
    async write({ userId }, tx) {
      await erase(tx, userId)
    },
  },
]

async function notify(acceptance: Acceptance, { id, type, userId, data }: PostedEvent): Promise<void> {
  const { purpose = '' } = data as { purpose?: string }
  const input = newNotification.parse({
    ...{ userId, category: 'CONSENT', template: CONSENT_TEMPLATES[type], values: { purpose } },
    ...{ channels: [], idempotencyKey: id },
  })
  await acceptance.accept(SENDER, input).catch((error: unknown) => {
    // The account was deleted: nobody is left to tell.
    if (!(error instanceof ServiceError) || error.code !== 'NOT_FOUND') throw error
  })
}
