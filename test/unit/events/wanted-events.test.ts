import { describe, expect, it } from 'vitest'
import type { Statements } from '@postern/service/database/statements'
import { createBrokerPublishing } from '@postern/service/events/broker-publishing'
import { type AnyEvent, type Consumer, POSTERN } from '../../../src/services/events/index.js'

const tx = {} as Statements
const event = (id: string, type: AnyEvent['type']) =>
  ({ id, type, userId: 'user', seq: 1, at: new Date(0), data: {}, traceParent: null }) as AnyEvent
const login = event('1', 'user.logged_in')
const registration = event('2', 'user.registered')

const consumer = (name: string, rest: Partial<Consumer>): Consumer => ({
  ...{ name, types: ['user.logged_in', 'user.registered'], send: () => Promise.resolve() },
  ...rest,
})

describe('the relay with RabbitMQ', () => {
  it('sends an event to other systems, and to the consumers that have something to do for it', async () => {
    const asked: AnyEvent[][] = []
    const consumers = [
      consumer('all', {}),
      consumer('registrations', { types: ['user.registered'] }),
      consumer('none', {
        select(events) {
          asked.push([...events])
          return Promise.resolve([])
        },
      }),
      consumer('logins', { select: (events) => events.filter(({ type }) => type === 'user.logged_in') }),
    ]
    const sent: string[] = []
    const publish = createBrokerPublishing(
      POSTERN,
      {
        publish(messages) {
          sent.push(...messages.map(({ id, exchange, routingKey }) => `${id} ${exchange || 'queue'} ${routingKey}`))
          return Promise.resolve(messages.map(() => null))
        },
      },
      consumers,
    )
    expect(await publish(tx, [login, registration])).toEqual({ ids: ['1', '2'], failure: null })
    expect(sent).toEqual([
      '1 postern.events user.logged_in',
      '1 queue postern.all',
      '1 queue postern.logins',
      '2 postern.events user.registered',
      '2 queue postern.all',
      '2 queue postern.registrations',
    ])
    expect(asked).toEqual([[login, registration]])
  })

  it('publishes nothing if a consumer can not say what it wants', async () => {
    const publish = createBrokerPublishing(
      POSTERN,
      { publish: () => Promise.reject(new Error('It must not be called.')) },
      [consumer('webhooks', { select: () => Promise.reject(new Error('The database is unavailable.')) })],
    )
    await expect(publish(tx, [login])).rejects.toThrow('The database is unavailable.')
  })
})
