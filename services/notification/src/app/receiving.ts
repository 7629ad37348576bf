// Builds what happens for the events of other services: webhooks get them, and a deleted account is erased here, too.
import { WEBHOOK_EVENT_TYPES } from '@postern/contract/event-types'
import { requireService } from '@postern/service/callers/caller'
import type { WritingConsumer } from '@postern/service/events/consumers'
import { createProcessedEvents } from '@postern/service/events/processed-events'
import { createEventReceiver } from '@postern/service/events/receiver'
import { addEventReceiver } from '@postern/service/grpc/event-receiver'
import type { ProgramParts } from '@postern/service/program'
import type { Config } from '../config/index.js'
import type { Erase } from '../people/erasure.js'

export function receiveEvents(
  { database, server, calls, logger, tracing }: ProgramParts<Config>,
  { webhooks, erase }: { webhooks: Pick<WritingConsumer, 'write'>; erase: Erase },
): void {
  const { transaction, read, write } = database.events
  const consumers: WritingConsumer[] = [
    { name: 'webhooks', types: WEBHOOK_EVENT_TYPES, write: (event, tx) => webhooks.write(event, tx) },
    {
      name: 'erasure',
      types: ['user.deleted'],
      async write({ userId }, tx) {
        await erase(tx, userId)
      },
    },
  ]
  const processed = createProcessedEvents(read, write)
  const receive = createEventReceiver({ transaction, processed, consumers, logger, tracing })
  addEventReceiver(server, receive, async ({ caller }) => requireService(await caller()), calls)
}
