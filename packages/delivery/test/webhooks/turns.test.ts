import { setImmediate as settled } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { DueEndpoint } from '../../src/webhooks/tables/due-endpoints.js'
import { createTurns, PLACES, type Turn } from '../../src/webhooks/turns.js'

/** Webhooks whose turns end when the test says so. */
function hanging() {
  const begun: string[] = []
  const askedAgain: string[] = []
  const ends = new Map<string, (turn: Turn) => void>()
  let minutes = 0
  const turns = createTurns({
    take({ id }) {
      begun.push(id)
      return new Promise((resolve) => ends.set(id, resolve))
    },
    askAgain: (id) => askedAgain.push(id),
    now: () => minutes * 60_000,
  })
  return {
    ...{ turns, begun, askedAgain },
    end: async (id: string, { hasMore = false, heldMs = 50 } = {}) => {
      ends.get(id)!({ hasMore, heldMs })
      await settled()
    },
    pass: (count: number) => (minutes += count),
  }
}

const of = (owner: string | null, id: string, isFailing = false): DueEndpoint => ({ id, owner, isFailing })
const many = (prefix: string, isFailing: boolean) =>
  Array.from({ length: 200 }, (_, n) => of(`${prefix}-person-${n}`, `${prefix}-${n}`, isFailing))

it('hanging webhooks of people have few places, and those that have failed fewer', async () => {
  const { turns, begun, end } = hanging()
  turns.add(many('bad', true))
  expect(begun).toHaveLength(PLACES.failing)
  turns.add(many('good', false))
  expect(begun).toHaveLength(PLACES.failing + PLACES.people)
  turns.add([of(null, 'deployment')])
  expect(begun.at(-1)).toBe('deployment')
  await end('good-0')
  expect(begun.at(-1)).toBe(`good-${PLACES.people}`)
  await end('bad-0')
  expect(begun.at(-1)).toBe(`bad-${PLACES.failing}`)
})

it('a person has two places, and the others of the person wait', async () => {
  const { turns, begun, end } = hanging()
  turns.add([of('ada', 'a1'), of('ada', 'a2'), of('ada', 'a3', true), of('bob', 'b1')])
  expect(begun.toSorted()).toEqual(['a1', 'a2', 'b1'])
  await end('a2')
  expect(begun.at(-1)).toBe('a3')
})

it('each gets its turn before another one gets its second', async () => {
  const { turns, begun, askedAgain, end } = hanging()
  const all = Array.from({ length: PLACES.people + 1 }, (_, n) => of(`person-${n}`, `w${n}`))
  turns.add(all)
  await end('w0', { hasMore: true })
  expect(askedAgain).toEqual(['w0'])
  // What waits already keeps its place in the queue.
  turns.add(all.slice(0, 1))
  expect(begun.at(-1)).toBe(`w${PLACES.people}`)
  await end('w1')
  expect([askedAgain, begun.at(-1)]).toEqual([['w0'], 'w0'])
})

it('what is added during its turn is asked for once more, and nothing begins after the end', async () => {
  const { turns, begun, askedAgain, end } = hanging()
  turns.add([of('ada', 'a1')])
  turns.add([of('ada', 'a1', true)])
  expect(begun).toEqual(['a1'])
  const closed = turns.close()
  turns.add([of('bob', 'b1')])
  await end('a1')
  await closed
  expect([begun, askedAgain]).toEqual([['a1'], ['a1']])
})

describe('a person whose receivers are slow', () => {
  const others = Array.from({ length: PLACES.failing }, (_, n) => of(`other-${n}`, `other-${n}`, true))

  it('waits for the places of failing ones, with everything and whatever is new, and no longer than ten minutes', async () => {
    const { turns, begun, end, pass } = hanging()
    turns.add(others)
    turns.add([of('ada', 'a1'), of('ada', 'a2'), of('ada', 'waits already'), of('bob', 'b1')])
    // None of them has failed: a failed test is no failure, nor are those before a webhook was turned on again.
    await end('a1', { heldMs: 10_000 })
    await end('a2', { heldMs: 10_000 })
    turns.add([of('ada', 'registered anew')])
    turns.add([of('bob', 'b2')])
    expect(begun.slice(others.length)).toEqual(['a1', 'a2', 'b1', 'b2'])
    await end('other-0')
    await end('other-1')
    expect(begun.slice(-2)).toEqual(['waits already', 'registered anew'])
    await end('waits already', { heldMs: 10_000 })
    await end('registered anew', { heldMs: 10_000 })
    turns.add([of('cyd', 'c1', true), of('dan', 'd1', true)])
    pass(10)
    turns.add([of('ada', 'a1')])
    expect(begun.at(-1)).toBe('a1')
  })

  it('has a twentieth of the time, and one that is quick has all that it needs', async () => {
    const { turns, begun, end, pass } = hanging()
    turns.add(others)
    for (let second = 0; second < 600; second++) {
      turns.add([of('ada', `quick-${second}`)])
      await end(`quick-${second}`, { heldMs: 50 })
      pass(1 / 60)
    }
    turns.add([of('ada', 'slow')])
    await end('slow', { heldMs: 6000 })
    turns.add([of('ada', 'too early')])
    expect(begun.at(-1)).toBe('slow')
    pass(1)
    turns.add([of('ada', 'slow')])
    expect(begun.at(-1)).toBe('slow')
    expect(begun).not.toContain('too early')
  })
})
