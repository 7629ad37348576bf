// What happens for the events of other services: webhooks get them, and a deleted account is erased here, too.
import { WEBHOOK_EVENT_TYPES } from '@postern/contract/event-types'
import type { WritingConsumer } from '@postern/service/events/consumers'
import type { Erase } from '../people/erasure.js'

export const receivedEvents = (webhooks: Pick<WritingConsumer, 'write'>, erase: Erase): readonly WritingConsumer[] => [
  { name: 'webhooks', types: WEBHOOK_EVENT_TYPES, write: (event, tx) => webhooks.write(event, tx) },
  {
    name: 'erasure',
    types: ['user.deleted'],
    async write({ userId }, tx) {
      await erase(tx, userId)
    },
  },
]
