// Events as a process has them, built from the same parts: the outbox, its relay, and one consumer that only counts.
import { createLogger } from '@postern/service/logger'
import type { createEvents as CreateEvents } from '../../src/app/events.ts'
import type { createStores as CreateStores } from '../../src/app/stores.ts'
import type { readConfig as ReadConfig } from '../../src/config/index.ts'
import type { createMetrics as CreateMetrics } from '../../src/platform/metrics.ts'
import type { AnyNewEvent } from '../../src/services/events/index.ts'
import { built } from '../stage/built.ts'
import { idOf } from '../stage/schemas.ts'
import { USERS } from './users.ts'

const { createStores } = (await built('app/stores.js')) as { createStores: typeof CreateStores }
const { createEvents } = (await built('app/events.js')) as { createEvents: typeof CreateEvents }
const { readConfig } = (await built('config/index.js')) as { readConfig: typeof ReadConfig }
const { createMetrics } = (await built('platform/metrics.js')) as { createMetrics: typeof CreateMetrics }

const TYPE = 'user.profile_updated'

export type Opened = ReturnType<typeof openEvents>

/** `consumed` is called with each event. The variables of the process say where the databases are, and its role. */
export function openEvents(consumed: (eventId: string) => void) {
  const config = readConfig()
  const metrics = createMetrics()
  const logger = createLogger('silent')
  const stores = createStores({ config, logger, metrics })
  const events = createEvents({ config, stores, logger, metrics, tracing: null })
  events.consumers.push({
    name: 'bench',
    types: [TYPE],
    send({ id }) {
      consumed(id)
      return Promise.resolve()
    },
  })
  let left = 0

  return {
    ...events,
    /** As `updateProfile` does, without its change. Returns the id of the event. */
    async write(i: number): Promise<string> {
      const event: AnyNewEvent = { type: TYPE, data: { fields: ['firstName'] } }
      const [id] = await stores.mysqlTransaction((tx) => events.trail.record(tx, idOf(1 + (i % USERS)), event))
      return id!
    },
    /** Events as a process leaves them that dies before it publishes. */
    async leave(count: number): Promise<void> {
      await stores.write(
        `INSERT INTO outbox (id, type, user_id, seq, at, data)
         SELECT UUID(), ?, ?, seq + ?, UTC_TIMESTAMP(3), '{"fields":["firstName"]}' FROM seq_1_to_${count}`,
        [TYPE, idOf(USERS + 1), left],
      )
      left += count
    },
    async close(): Promise<void> {
      await events.close()
      await stores.close()
    },
  }
}
