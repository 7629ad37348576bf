import { expect, it } from 'vitest'
import type { Statements } from '@postern/service/database/statements'
import type { Outbox } from '@postern/service/events/outbox'
import type { ProcessedEvents } from '@postern/service/events/processed-events'
import { createProcessing } from '@postern/service/events/processing'
import { createEventRelay } from '@postern/service/events/relay'
import { type AnyEvent, isEventType } from '../../../src/services/events/index.js'

/** An outbox whose steps end when the test says so. */
function relayOf() {
  const steps: PromiseWithResolvers<undefined>[] = []
  const publishPending: Outbox['publishPending'] = async () => {
    const step = Promise.withResolvers<undefined>()
    steps.push(step)
    await step.promise
    return { last: null, published: 0, failure: null }
  }
  const relay = createEventRelay({
    outbox: { publishPending } as Outbox,
    isEventType,
    publish: () => Promise.resolve({ ids: [], failure: null }),
    onFailure: (error) => expect.unreachable(String(error)),
  })
  return { relay, steps }
}

/** Until all that can happen without a step has happened. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

it('all calls during a step share one more, which begins after it', async () => {
  const { relay, steps } = relayOf()
  const first = relay.step()
  await settle()
  const others = [relay.step(), relay.step(), relay.step()]
  await settle()
  expect(steps).toHaveLength(1)
  steps[0]!.resolve(undefined)
  await first
  await settle()
  expect(steps).toHaveLength(2)
  steps[1]!.resolve(undefined)
  await Promise.all(others)
  await settle()
  expect(steps).toHaveLength(2)
})

it('a step that fails rejects only its own calls', async () => {
  const { relay, steps } = relayOf()
  const first = relay.step()
  await settle()
  const second = relay.step()
  steps[0]!.reject(new Error('The database does not respond.'))
  await expect(first).rejects.toThrow('The database does not respond.')
  await settle()
  steps[1]!.resolve(undefined)
  await second
})

it('closing it waits for the steps that are due', async () => {
  const { relay, steps } = relayOf()
  const first = relay.step()
  await settle()
  const second = relay.step()
  let isClosed = false
  const closed = relay.close().then(() => (isClosed = true))
  steps[0]!.resolve(undefined)
  await first
  await settle()
  expect(isClosed).toBe(false)
  steps[1]!.resolve(undefined)
  await Promise.all([second, closed])
})

it('reads a batch while the one before it is published, and not a third one', async () => {
  const batches: { after: string; published: PromiseWithResolvers<undefined> }[] = []
  const publishPending: Outbox['publishPending'] = async ({ limit, after }, publish) => {
    const published = Promise.withResolvers<undefined>()
    batches.push({ after, published })
    // Their data are no JSON, so the callback publishes none of them.
    const id = `id${batches.length}`
    const rows = Array.from({ length: limit }, () => ({
      id,
      type: '',
      userId: '',
      seq: 1,
      at: new Date(),
      data: '',
      traceParent: null,
    }))
    await publish({} as never, rows)
    await published.promise
    return { last: id, published: 0, failure: null }
  }
  const relay = createEventRelay({
    ...{ outbox: { publishPending } as Outbox, isEventType, overlaps: true },
    publish: () => Promise.resolve({ ids: [], failure: null }),
    onFailure: (error) => expect.unreachable(String(error)),
  })
  const step = relay.step()
  await settle()
  expect(batches.map(({ after }) => after)).toEqual(['', 'id1'])
  batches[0]!.published.resolve(undefined)
  await settle()
  expect(batches.map(({ after }) => after)).toEqual(['', 'id1', 'id2'])
  batches[1]!.published.reject(new Error('The database does not respond.'))
  batches[2]!.published.resolve(undefined)
  await expect(step).rejects.toThrow('The database does not respond.')
  expect(batches).toHaveLength(3)
})

it('leaves an event of a newer version to the processes that know its type, and passes on the others', async () => {
  const row = (type: string) => ({
    id: type,
    type,
    data: '{}',
    traceParent: null,
    userId: 'user',
    seq: 1,
    at: new Date(),
  })
  const rows = [row('user.abducted'), row('user.deleted')]
  const outcomes: unknown[] = []
  const publishPending: Outbox['publishPending'] = async ({ after }, publish) => {
    if (after !== '') return { last: null, published: 0, failure: null }
    const { ids, failure } = await publish({} as Statements, rows)
    outcomes.push({ ids, failure })
    return { last: 'last', published: ids.length, failure }
  }
  const relay = createEventRelay({
    outbox: { publishPending } as Outbox,
    isEventType,
    publish: (_tx, events) => Promise.resolve({ ids: events.map(({ id }) => id), failure: null }),
    onFailure: (error) => expect.unreachable(String(error)),
  })
  await relay.step()
  expect(outcomes).toEqual([{ ids: ['user.deleted'], failure: null }])
})

it('an event of a newer version is tried again, whatever the consumer', async () => {
  const processing = createProcessing({
    transaction: () => Promise.reject(new Error('nothing is to be written')),
    processed: {} as ProcessedEvents,
    once: () => Promise.reject(new Error('nothing is to be done')),
    isEventType,
  })
  const event = { type: 'user.abducted' } as unknown as AnyEvent
  const consumer = { name: 'test', types: [], send: () => expect.unreachable('it was processed') }
  await expect(processing(consumer, event)).rejects.toThrow('Only a newer version')
})
