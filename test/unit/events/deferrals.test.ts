import { setImmediate as settled } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { BrokerPublisher } from '@postern/service/events/broker-publisher'
import { createBrokerWork } from '@postern/service/events/broker-work'
import { Deferral } from '@postern/service/events/consumers'
import { createDeferralLog, deferralSeconds } from '@postern/service/events/deferrals'
import type { EventQueue } from '@postern/service/events/event-queue'
import { createLocalQueue } from '@postern/service/events/local-queue'

const RETRIES = [1, 10, 60, 300, 1800, 7200]
const HOUR = 3600

/** A consumer that has `user.deleted` for users who are called so, and rejects with this for all others. */
const rejectUnless = (userId: string, error: Error) => (_consumer: unknown, event: { userId: string }) =>
  event.userId === userId ? Promise.resolve() : Promise.reject(error)

const CONSUMER = { name: 'test', types: ['user.deleted'], send: () => Promise.resolve() }

describe('an event that waits', () => {
  it.each([
    ['in an outage, always soon', RETRIES, true, 100 * HOUR, 1],
    ['alone, at first', RETRIES, false, 0, 10],
    ['alone, if the clock of the database is ahead', RETRIES, false, -5, 10],
    ['alone, for minutes', RETRIES, false, 240, 60],
    ['alone, for hours', RETRIES, false, 3 * HOUR, 1800],
    ['alone, for days: no longer than the longest pause there is', RETRIES, false, 100 * HOUR, 7200],
    ['with only long pauses', [60, 300], false, 0, 60],
  ])('waits %s', (_, retries, isOutage, age, seconds) => {
    expect(deferralSeconds(retries, { isOutage }, age)).toBe(seconds)
  })
})

describe('the queue in the database', () => {
  const stored = (id: string) => ({
    ...{ id, type: 'user.deleted', userId: id, seq: 1, at: new Date(), data: '{}', traceParent: null },
  })

  it.each([
    ['goes on behind events of which each waits alone', false, ['good'], ['a', 'b', 'c', 'd']],
    ['rests in an outage, after as many as it works on at once', true, [], ['a', 'b']],
  ])('%s', async (_, isOutage, processed, deferred) => {
    const due = ['a', 'b', 'c', 'd', 'good']
    const [removed, waiting]: [string[], string[]] = [[], []]
    const queue = {
      claim: (_name: string, { limit }: { limit: number }) =>
        Promise.resolve(due.splice(0, limit).map((id) => ({ event: stored(id), attempts: 1 }))),
      defer: (_name: string, id: string) => Promise.resolve(waiting.push(id)),
      remove: (_name: string, ids: string[]) => Promise.resolve(void removed.push(...ids)),
    } as unknown as EventQueue
    const local = createLocalQueue({
      ...{ queue, consumers: [CONSUMER], concurrency: 2, retrySeconds: RETRIES },
      process: rejectUnless('good', new Deferral('it waits', { isOutage })),
      onFailure: (error) => expect.unreachable(String(error)),
    })
    await local.step()
    // Each event that ends starts the next one. What none starts waits for the next step.
    do await settled()
    while ([...local.inFlight()].some(([, count]) => count > 0))
    await local.close()
    expect({ removed, waiting: waiting.toSorted() }).toEqual({ removed: processed, waiting: deferred })
  })
})

describe('a worker of RabbitMQ', () => {
  it.each([
    ['puts an event that waits alone off for a while that grows', false, 'postern.test.retry-1800s', []],
    ['rests in an outage', true, 'postern.test.retry-1s', [1000]],
  ])('%s, and counts no attempt', async (_, isOutage, queue, rests) => {
    const [published, pauses]: [unknown[], number[]] = [[], []]
    const publisher: Pick<BrokerPublisher, 'publish'> = {
      publish(messages) {
        published.push(...messages.map(({ routingKey, headers }) => ({ routingKey, headers })))
        return Promise.resolve(messages.map(() => null))
      },
    }
    const handle = createBrokerWork({
      ...{ names: { exchange: 'postern.events', prefix: 'postern', source: 'urn:postern' }, publisher },
      ...{ isEventType: () => true, consumers: [CONSUMER], retrySeconds: RETRIES },
      process: rejectUnless('good', new Deferral('it waits', { isOutage })),
      pingDatabase: () => Promise.resolve(),
      pause: (milliseconds) => Promise.resolve(void pauses.push(milliseconds)),
      onResult: () => undefined,
    })
    const time = new Date(Date.now() - 3 * HOUR * 1000)
    const body = { specversion: '1.0', id: 'a', type: 'user.deleted', subject: 'a', seq: 1, time, data: {} }
    const message = { id: 'a', type: 'user.deleted', headers: { 'x-postern-attempts': 2 } }
    const sent = { ...message, body: Buffer.from(JSON.stringify(body)) }
    expect(await handle('test', sent, () => false)).toBe('done')
    expect(published).toEqual([
      { routingKey: queue, headers: { 'x-postern-attempts': 2, 'x-postern-reason': 'it waits' } },
    ])
    expect(pauses).toEqual(rests)
  })
})

it('the log names what waits once a minute, and its end only if nothing had to wait for longer than the pause', () => {
  let seconds = 0
  const lines: string[] = []
  const line = (level: string) => () => lines.push(`${seconds} ${level}`)
  const log = createDeferralLog({ warn: line('warn'), info: line('info') } as never, () => seconds * 1000)
  // One event is stuck, among others that are processed each second.
  for (; seconds < 200; seconds += 1) {
    log('test', 'processed')
    if (seconds % 10 === 0 && seconds <= 100) log('test', 'deferred', new Error('it waits'), 10)
  }
  expect(lines).toEqual(['0 warn', '60 warn', '171 info'])
})
