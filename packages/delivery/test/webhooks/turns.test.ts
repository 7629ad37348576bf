import { setImmediate as settled } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { DueEndpoint } from '../../src/webhooks/tables/due-endpoints.js'
import { createTurns, PLACES } from '../../src/webhooks/turns.js'

/** Webhooks whose turns end when the test says so. */
function hanging() {
  const begun: string[] = []
  const askedAgain: string[] = []
  const ends = new Map<string, (hasMore: boolean) => void>()
  const turns = createTurns({
    take({ id }) {
      begun.push(id)
      return new Promise((resolve) => ends.set(id, resolve))
    },
    askAgain: (id) => askedAgain.push(id),
  })
  return {
    ...{ turns, begun, askedAgain },
    end: async (id: string, hasMore = false) => {
      ends.get(id)!(hasMore)
      await settled()
    },
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
  await end('w0', true)
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
