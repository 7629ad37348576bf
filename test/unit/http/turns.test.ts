import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTurns } from '../../../src/http/graphql/turns.js'

/** Starts so many operations, and returns the numbers of those that have started. */
function startAll(turn: Turn, count: number, from = 0, network = 'one'): number[] {
  const started: number[] = []
  for (let n = from; n < from + count; n++) void turn(network, isThere).then(() => started.push(n))
  return started
}

type Turn = ReturnType<typeof createTurn>
const isThere = () => false
const createTurn = (perTurn: number, limit = 100) => createTurns({ perTurn, limit }).take

it('starts a few operations at once, and the others in the next turns, in their order', async () => {
  const started = startAll(createTurn(2), 5)
  await Promise.resolve()
  expect(started).toEqual([0, 1])
  await nextTurn()
  expect(started).toEqual([0, 1, 2, 3])
  await nextTurn()
  expect(started).toEqual([0, 1, 2, 3, 4])
})

it('lets no later operation overtake those that wait', async () => {
  const turn = createTurn(1)
  const [first, later] = [startAll(turn, 3), startAll(turn, 1, 3)]
  await nextTurn()
  expect([first, later]).toEqual([[0, 1], []])
  await nextTurn()
  await nextTurn()
  expect([first, later]).toEqual([[0, 1, 2], [3]])
})

it('starts operations at once again after a quiet moment', async () => {
  const turn = createTurn(2)
  startAll(turn, 4)
  for (let n = 0; n < 4; n++) await nextTurn()
  const started = startAll(turn, 2)
  await Promise.resolve()
  expect(started).toEqual([0, 1])
})

it('starts one operation of each network after the other', async () => {
  const turn = createTurn(1)
  startAll(turn, 50)
  const other = startAll(turn, 2, 0, 'other')
  for (let n = 0; n < 4; n++) await nextTurn()
  expect(other).toEqual([0, 1])
})

it('lets only so many wait, and never those of a network that has fewer than its share', async () => {
  const turn = createTurn(1, 10)
  startAll(turn, 11)
  await expect(turn('one', isThere)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 1 })
  const other = startAll(turn, 1, 0, 'other')
  await expect(turn('one', isThere)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  await nextTurn()
  await nextTurn()
  expect(other).toEqual([0])
  for (let n = 0; n < 20; n++) await nextTurn()
  await expect(turn('one', isThere)).resolves.toBeUndefined()
})

it('spends no turn on clients that have disconnected', async () => {
  const turn = createTurn(1)
  let gone = false
  for (let n = 0; n < 5; n++) void turn('one', () => gone)
  gone = true
  const after = startAll(turn, 1)
  await nextTurn()
  expect(after).toEqual([0])
})

it('never refuses an operation that has begun, but lets it wait like the others', async () => {
  const turns = createTurns({ perTurn: 1, limit: 2 })
  startAll(turns.take, 3)
  await expect(turns.take('one', isThere)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  const begun = startAll(turns.takeForBegun, 2)
  for (let n = 0; n < 2; n++) await nextTurn()
  expect([begun, turns.areTaken()]).toEqual([[], true])
  for (let n = 0; n < 2; n++) await nextTurn()
  expect([begun, turns.areTaken()]).toEqual([[0, 1], false])
})
