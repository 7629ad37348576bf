import { randomUUID } from 'node:crypto'
import { EventReceiverService } from '@postern/proto/events'
import { createBreakerSet } from '@postern/service/breaker-set'
import { createConnectionMetrics } from '@postern/service/connection-metrics'
import { openDatabase } from '@postern/service/database/open-database'
import { ServiceError } from '@postern/service/errors'
import { DeadLetter } from '@postern/service/events/consumers'
import type { PostedEvent } from '@postern/service/events/event'
import { createProcessedEvents } from '@postern/service/events/processed-events'
import { createEventReceiver } from '@postern/service/events/receiver'
import { createRemoteConsumer } from '@postern/service/events/remote-consumer'
import { createEventSender } from '@postern/service/grpc/event-sender'
import { connectToService } from '@postern/service/grpc/service-client'
import { createLogger, type Logger } from '@postern/service/logger'
import { createMetricRegistry } from '@postern/service/metric-registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConsent, startConsent } from '../../support/consent.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { type LogLine, type Service, startService } from '../../support/service.js'
import { serviceKey } from '../../support/service-keys.js'
import { recordEvent } from '../../support/signals.js'
import { until } from '../../support/wait.js'

describe('events that are handed over', () => {
  let stored: TestDatabase
  let opened: ReturnType<typeof openDatabase>
  beforeAll(async () => {
    stored = await createTestDatabase()
    await stored.query('CREATE TABLE effects (id VARCHAR(64) NOT NULL, type VARCHAR(64) NOT NULL)')
    await stored.query('CREATE TABLE locks (id VARCHAR(64) NOT NULL PRIMARY KEY)')
    const metrics = createConnectionMetrics(createMetricRegistry())
    const breakers = createBreakerSet((...watched) => metrics.circuitBreakers(...watched))
    const parts = { logger: createLogger('silent'), metrics, breakers, poolSize: 5, timeout: 10 }
    opened = openDatabase({ ...parts, server: stored.server })
  })
  afterAll(async () => {
    await opened.close()
    await stored.drop()
  })

  const eventOf = (type: string): PostedEvent => ({
    ...{ id: randomUUID(), type, userId: randomUUID(), seq: 1, at: new Date(), traceParent: null, data: {} },
  })
  const effectsOf = ({ id }: PostedEvent) => stored.query('SELECT type FROM effects WHERE id = ?', [id])

  /** A receiver that writes a row for each event, and some that it can't process. One needs a row of the same id in `locks`. */
  function receiver(logger: Pick<Logger, 'warn'> = createLogger('silent'), onStart: () => void = () => undefined) {
    const { transaction, read, write } = opened.events
    return createEventReceiver({
      ...{ transaction, processed: createProcessedEvents(read, write), logger, tracing: null },
      consumers: [
        {
          ...{ name: 'test', types: ['done', 'poison', 'broken', 'away', 'locked', 'locked poison', 'locked broken'] },
          async write({ id, type }, tx) {
            onStart()
            await tx.write('INSERT INTO effects (id, type) VALUES (?, ?)', [id, type])
            if (type.startsWith('locked')) await tx.select('SELECT 1 FROM locks WHERE id = ? FOR UPDATE', [id])
            if (type === 'away') throw new ServiceError('SERVICE_UNAVAILABLE')
            if (type.endsWith('poison')) throw new DeadLetter('no one can process this')
            if (type.endsWith('broken')) throw new TypeError('a mistake, with the secret of someone')
          },
        },
      ],
    })
  }

  it('have their effect once, also if the answer is lost after the commit, or two hand over the same one', async () => {
    const receive = receiver()
    let answers = 0
    const consumer = createRemoteConsumer({
      ...{ name: 'test', types: ['done'] },
      async deliver(events) {
        const receipt = await receive(events)
        if (answers++ === 0) throw new Error('the connection broke')
        return receipt
      },
    })
    const event = eventOf('done')
    await expect(consumer.send(event)).rejects.toThrow('the connection broke')
    expect(await effectsOf(event)).toHaveLength(1)
    await consumer.send(event)
    const twice = eventOf('done')
    await Promise.all([receive([twice]), receiver()([twice]), consumer.send(twice)])
    expect([await effectsOf(event), await effectsOf(twice)]).toEqual([[{ type: 'done' }], [{ type: 'done' }]])
  })

  it('are dead letters if they are refused, tried again if they failed, and wait in an outage; others are not held up', async () => {
    const sent: (readonly PostedEvent[])[] = []
    const receive = receiver()
    const consumer = createRemoteConsumer({
      ...{ name: 'test', types: ['done', 'poison', 'broken', 'newer', 'away'] },
      deliver(events) {
        sent.push(events)
        return receive(events)
      },
    })
    const events = ['done', 'poison', 'broken', 'newer', 'away', 'done'].map(eventOf)
    const outcomes = await Promise.allSettled(events.map((event) => consumer.send(event)))
    expect(sent).toHaveLength(1)
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error) : null))
    const names = reasons.map((error) => error?.name ?? null)
    expect(names).toEqual([null, 'DeadLetter', 'Error', 'Error', 'Deferral', null])
    expect(reasons[1]?.message).toBe('no one can process this')
    // Only that event waits: the others of the consumer go on.
    expect(reasons[4]).toMatchObject({ isOutage: false })
    expect(JSON.stringify(reasons.map(String))).not.toContain('secret')
    expect(await Promise.all(events.map(async (event) => (await effectsOf(event)).length))).toEqual([1, 0, 0, 0, 0, 1])
  })

  it.each([
    ['locked poison', 'refused', 'no one can process this'],
    ['locked broken', 'postponed', 'The event could not be processed; the log of the receiver says why.'],
  ] as const)(
    'that fail after the answer are not started again: the next answer says so (%s)',
    async (type, list, reason) => {
      const event = eventOf(type)
      await stored.query('INSERT INTO locks (id) VALUES (?)', [event.id])
      const holder = await stored.connect()
      await holder.query('START TRANSACTION')
      await holder.query('SELECT 1 FROM locks WHERE id = ? FOR UPDATE', [event.id])
      const logged: string[] = []
      let starts = 0
      const receive = receiver(
        { warn: (_: unknown, line: string) => void logged.push(line) } as never,
        () => (starts += 1),
      )
      for (let i = 0; i < 2; i += 1) expect((await receive([event])).unavailable).toHaveLength(1)
      expect(logged).toEqual(['an event of another service takes longer than its sender waits'])
      await holder.query('COMMIT')
      await holder.end()
      await until('it has failed', () => logged.length > 1)
      expect(logged[1]).toBe('an event of another service has failed after its sender got an answer')
      const receipt = { refused: [], postponed: [], unavailable: [] }
      expect(await receive([event])).toEqual({ ...receipt, [list]: [{ eventId: event.id, reason }] })
      expect(starts).toBe(1)
      // What was read is forgotten, so that another try is one.
      await receive([event])
      expect(starts).toBe(2)
    },
  )

  it('wait for a row that is locked, which keeps no other one waiting, and are started once', async () => {
    const locked = eventOf('locked')
    await stored.query('INSERT INTO locks (id) VALUES (?)', [locked.id])
    const holder = await stored.connect()
    await holder.query('START TRANSACTION')
    await holder.query('SELECT 1 FROM locks WHERE id = ? FOR UPDATE', [locked.id])
    const receive = receiver()
    const others = [eventOf('done'), eventOf('done')]
    await until('the others are acknowledged', async () => {
      const { unavailable } = await receive([locked, ...others])
      return unavailable.length === 1 && unavailable[0]!.eventId === locked.id
    })
    await holder.query('COMMIT')
    await holder.end()
    await until('it is processed', async () => (await receive([locked])).unavailable.length === 0)
    expect(await Promise.all([locked, ...others].map(async (event) => (await effectsOf(event)).length))).toEqual([
      ...[1, 1, 1],
    ])
  })
})

describe('services beside Postern', () => {
  const lines: LogLine[] = []
  let consent: RunningConsent
  let notification: Notification
  let service: Service
  beforeAll(async () => {
    notification = await startNotification()
    const env = { NOTIFICATION_GRPC_URL: notification.grpcUrl, LOG_LEVEL: 'info' }
    consent = await startConsent(env, { onLine: (line) => lines.push(line) })
    // Two attempts, of which an outage costs none.
    service = await startService({ EVENT_RETRIES: '1', ...consent.access, ...notification.access })
  })
  afterAll(async () => {
    await service.stop()
    await Promise.all([consent.stop(), notification.stop()])
  })

  const processed = (database: TestDatabase, id: string) =>
    database.query("SELECT 1 FROM processed_events WHERE consumer = 'erasure' AND event_id = ?", [id])
  const waiting = () =>
    service.database.query<{ reason: string; dead_at: Date | null }>(
      "SELECT reason, dead_at FROM event_deliveries WHERE consumer = 'consent'",
    )
  const deferred = async () =>
    Number(/\{consumer="consent",result="deferred"\} (\d+)/.exec(await service.app.metrics.text())?.[1] ?? 0)

  it('tell people what became of their consents', async () => {
    const { token } = await service.signUp()
    const input = { purpose: 'analytics.usage', textVersion: 1 }
    await service.succeed(
      'mutation ($input: GrantConsentInput!) { grantConsent(input: $input) { state } }',
      { input },
      token,
    )
    const list = '{ notifications(category: CONSENT) { edges { node { body } } } }'
    const bodies = async () => {
      const { notifications } = await service.succeed(list, {}, token)
      return (notifications.edges as { node: { body: string } }[]).map(({ node }) => node.body)
    }
    await until('it is in the list', async () => (await bodies()).length)
    expect(await bodies()).toEqual([expect.stringContaining('analytics.usage')])
  })

  it('erase a user who is deleted, also if one of them was away', async () => {
    await consent.pause()
    const user = await service.register()
    const id = await recordEvent(service, user.id, 'user.deleted', { by: 'user' })
    await until(
      'the one that is there has erased them',
      async () => (await processed(notification.database, id)).length,
    )
    await until('it was tried more often than an event that fails', async () => (await deferred()) > 2)
    expect(await waiting()).toEqual([{ reason: expect.stringContaining('consent service is away'), dead_at: null }])
    await consent.restart()
    await until('that one has erased them, too', async () => (await processed(consent.database, id)).length)
    await until('nothing waits', async () => (await waiting()).length === 0)
    expect(
      await consent.database.query('SELECT erased_at IS NOT NULL AS erased FROM consent_chains WHERE user_id = ?', [
        user.id,
      ]),
    ).toEqual([{ erased: 1 }])
  })

  it('wait while their receiver does not know the key', async () => {
    const breakers = createBreakerSet(() => () => undefined)
    const [address, key] = [
      { target: consent.grpcUrl, tls: false as const },
      { name: 'auth', key: 'x'.repeat(32) },
    ]
    const connection = connectToService({ name: 'consent', address, key, breakers })
    const send = createEventSender('consent', (request) => connection.rpcs(EventReceiverService).deliver(request))
    await expect(send([])).rejects.toMatchObject({
      ...{ name: 'Deferral', message: 'The consent service refuses SERVICE_KEY.', isOutage: true },
    })
    connection.close()
    breakers.close()
  })

  it('log which service has called, and no key', () => {
    expect(lines).toContainEqual(
      expect.objectContaining({ route: '/postern.events.v1.EventReceiverService/Deliver', service: 'auth' }),
    )
    expect(JSON.stringify(lines)).not.toContain(serviceKey('auth').key)
  })
})
