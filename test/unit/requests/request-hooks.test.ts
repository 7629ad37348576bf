import type { IncomingMessage } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { ServiceError } from '@postern/service/errors'
import { createRequestFacts, type RequestFacts } from '@postern/service/requests/facts'
import { combineHooks, limitConcurrency, type RequestHook } from '@postern/service/requests/hooks'

const requestFrom = (address: string, headers: Record<string, string> = {}) =>
  ({ method: 'POST', headers, socket: { remoteAddress: address } }) as unknown as IncomingMessage

const newFacts = (): RequestFacts => createRequestFacts([]).of(requestFrom('192.0.2.1'))

let facts: RequestFacts
beforeEach(() => {
  facts = newFacts()
})

function recorded() {
  const events: string[] = []
  const hook = (name: string): RequestHook => ({
    before: () => events.push(`before ${name}`),
    after: () => events.push(`after ${name}`),
    answered: (_, { status }) => events.push(`${name} saw ${status}`),
  })
  return { events, hook }
}

/** As both paths do it. */
async function around<T>(
  hooks: ReturnType<typeof combineHooks>,
  work: () => T | Promise<T>,
  request = facts,
): Promise<T> {
  try {
    hooks.before(request)
    return await work()
  } finally {
    hooks.after(request)
  }
}

describe('hooks around a request', () => {
  it('run in order around the work, and after it also when it fails', async () => {
    const { events, hook } = recorded()
    const hooks = combineHooks([hook('one'), hook('two')])
    await expect(around(hooks, () => Promise.reject(new Error('work')))).rejects.toThrow('work')
    expect(events).toEqual(['before one', 'before two', 'after one', 'after two'])
  })

  it('keep the work and later hooks from running when one refuses, and end for the hooks before it', async () => {
    const { events, hook } = recorded()
    const refusal = new ServiceError('SERVICE_UNAVAILABLE')
    const refuse: RequestHook = {
      before() {
        throw refusal
      },
      after: () => events.push('never'),
    }
    const hooks = combineHooks([hook('one'), refuse, hook('two')])
    await expect(around(hooks, () => events.push('work'))).rejects.toBe(refusal)
    expect(events).toEqual(['before one', 'after one'])
  })

  it('run once for a request that one path hands to the other', () => {
    const { events, hook } = recorded()
    const hooks = combineHooks([hook('one')])
    hooks.before(facts)
    hooks.before(facts)
    hooks.after(facts)
    hooks.after(facts)
    hooks.before(facts)
    expect(events).toEqual(['before one', 'after one'])
  })

  it('refuse a request on the second path as well, without asking the hooks again', () => {
    let calls = 0
    const refusal = new ServiceError('SERVICE_UNAVAILABLE')
    const refuseOnce: RequestHook = {
      before() {
        calls += 1
        if (calls === 1) throw refusal
      },
    }
    const hooks = combineHooks([refuseOnce])
    expect(() => hooks.before(facts)).toThrow(refusal)
    expect(() => hooks.before(facts)).toThrow(refusal)
    expect(calls).toBe(1)
  })

  it('see every response, at the latest at the end of the turn', async () => {
    const { events, hook } = recorded()
    const hooks = combineHooks([hook('one')])
    hooks.answered(facts, { status: 200, milliseconds: 1 })
    hooks.answered(facts, { status: 503, milliseconds: 2 })
    await nextTurn()
    expect(events).toEqual(['one saw 200', 'one saw 503'])
  })
})

it('a limit of concurrent operations frees a place when an operation ends', async () => {
  const hooks = combineHooks([limitConcurrency(1)])
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const first = around(hooks, () => promise)
  await expect(around(hooks, () => 'second', newFacts())).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    retryAfter: 1,
  })
  resolve(undefined)
  await first
  expect(await around(hooks, () => 'third', newFacts())).toBe('third')
})

describe('the facts of a request', () => {
  it('are one object on both paths, with the time at which the first one started', () => {
    const store = createRequestFacts([])
    const request = requestFrom('192.0.2.1', { 'x-request-id': 'an-id' })
    const first = store.create(request, 42)
    store.keep(request, first)
    expect(store.of(request)).toBe(first)
    expect(first).toMatchObject({ requestId: 'an-id', method: 'POST', address: '192.0.2.1', startedAt: 42 })
  })

  it.each([
    { trusted: [], address: '10.0.0.1' },
    { trusted: ['10.0.0.0/8'], address: '192.0.2.7' },
    { trusted: ['10.0.0.2'], address: '10.0.0.1' },
  ])('take the address from X-Forwarded-For only behind a trusted proxy: $trusted', ({ trusted, address }) => {
    const request = requestFrom('10.0.0.1', { 'x-forwarded-for': '203.0.113.9, 192.0.2.7' })
    expect(createRequestFacts(trusted).of(request).address).toBe(address)
  })
})
