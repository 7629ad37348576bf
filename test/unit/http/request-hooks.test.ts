import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/platform/errors.js'
import { combineHooks, limitConcurrency, type RequestHook } from '../../../src/http/request-hooks.js'

const facts = { requestId: 'an-id', method: 'POST', route: '/graphql' }

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
async function around<T>(hooks: ReturnType<typeof combineHooks>, work: () => T | Promise<T>): Promise<T> {
  hooks.enter(facts)
  try {
    return await work()
  } finally {
    hooks.leave(facts)
  }
}

describe('hooks around a request', () => {
  it('run in their order around the work, and after it also when it fails', async () => {
    const { events, hook } = recorded()
    const hooks = combineHooks([hook('one'), hook('two')])
    await expect(around(hooks, () => Promise.reject(new Error('work')))).rejects.toThrow('work')
    expect(events).toEqual(['before one', 'before two', 'after one', 'after two'])
  })

  it('that refuse keep the work and later hooks from running, and those before them get their end', async () => {
    const { events, hook } = recorded()
    const refusal = new AuthError('SERVICE_UNAVAILABLE')
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

  it('see every answer, at the latest at the end of the turn', async () => {
    const { events, hook } = recorded()
    const hooks = combineHooks([hook('one')])
    hooks.answered(facts, { status: 200, milliseconds: 1 })
    hooks.answered(facts, { status: 503, milliseconds: 2 })
    await nextTurn()
    expect(events).toEqual(['one saw 200', 'one saw 503'])
  })
})

it('a limit of operations at once gives a place back when its operation ends', async () => {
  const hooks = combineHooks([limitConcurrency(1)])
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const first = around(hooks, () => promise)
  await expect(around(hooks, () => 'second')).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    retryAfter: 1,
  })
  resolve(undefined)
  await first
  expect(await around(hooks, () => 'third')).toBe('third')
})
