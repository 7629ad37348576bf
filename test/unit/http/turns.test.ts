import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTurns } from '../../../src/http/graphql/turns.js'

/** Starts so many operations, and returns the numbers of those that have started. */
function startAll(turn: () => Promise<void>, count: number, from = 0): number[] {
  const started: number[] = []
  for (let n = from; n < from + count; n++) void turn().then(() => started.push(n))
  return started
}

it('starts a few operations at once, and the others in the next turns, in their order', async () => {
  const started = startAll(createTurns(2), 5)
  await Promise.resolve()
  expect(started).toEqual([0, 1])
  await nextTurn()
  expect(started).toEqual([0, 1, 2, 3])
  await nextTurn()
  expect(started).toEqual([0, 1, 2, 3, 4])
})

it('lets no later operation overtake those that wait', async () => {
  const turn = createTurns(1)
  const [first, later] = [startAll(turn, 3), startAll(turn, 1, 3)]
  await nextTurn()
  expect([first, later]).toEqual([[0, 1], []])
  await nextTurn()
  await nextTurn()
  expect([first, later]).toEqual([[0, 1, 2], [3]])
})

it('starts operations at once again after a quiet moment', async () => {
  const turn = createTurns(2)
  startAll(turn, 4)
  for (let n = 0; n < 4; n++) await nextTurn()
  const started = startAll(turn, 2)
  await Promise.resolve()
  expect(started).toEqual([0, 1])
})
