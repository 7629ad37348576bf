import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { inBatches } from '@postern/service/batches'

/** A store that responds when the test says so, and contains every name that begins with t. */
function store(limits: { size: number; inFlight: number }) {
  const batches: { names: readonly string[]; answer: () => void; fail: (error: Error) => void }[] = []
  const ask = inBatches((names) => {
    const { promise, resolve, reject } = Promise.withResolvers<Map<string, true>>()
    const answer = () => resolve(new Map(names.filter((name) => name.startsWith('t')).map((name) => [name, true])))
    batches.push({ names, answer, fail: reject })
    return promise
  }, limits)
  return { ask, batches }
}

describe('lookups', () => {
  it('of one turn are sent together, each name once, and every caller gets the result', async () => {
    const { ask, batches } = store({ size: 10, inFlight: 2 })
    const answers = Promise.all(['taken', 'free', 'taken'].map(ask))
    await nextTurn()
    expect(batches.map(({ names }) => names)).toEqual([['taken', 'free']])
    batches[0]?.answer()
    expect(await answers).toEqual([true, undefined, true])
  })

  it('are split if one batch would be too large', async () => {
    const { ask, batches } = store({ size: 2, inFlight: 2 })
    const answers = Promise.all(['t1', 't2', 'f3'].map(ask))
    await nextTurn()
    expect(batches.map(({ names }) => names)).toEqual([['t1', 't2'], ['f3']])
    for (const { answer } of batches) answer()
    expect(await answers).toEqual([true, true, undefined])
  })

  it('never join a batch that has been sent, not even for the same name', async () => {
    const { ask, batches } = store({ size: 10, inFlight: 2 })
    const early = ask('taken')
    await nextTurn()
    const late = ask('taken')
    await nextTurn()
    expect(batches).toHaveLength(2)
    for (const { answer } of batches) answer()
    expect(await Promise.all([early, late])).toEqual([true, true])
  })

  it('wait while the allowed number of batches is in progress, and then form one batch', async () => {
    const { ask, batches } = store({ size: 10, inFlight: 1 })
    const first = ask('t1')
    await nextTurn()
    const others = ['t2', 'f3'].map(ask)
    await nextTurn()
    others.push(ask('t4'))
    await nextTurn()
    expect(batches).toHaveLength(1)
    batches[0]?.answer()
    expect(await first).toBe(true)
    await nextTurn()
    expect(batches[1]?.names).toEqual(['t2', 'f3', 't4'])
    batches[1]?.answer()
    expect(await Promise.all(others)).toEqual([true, undefined, true])
  })
})

describe('a store that fails', () => {
  it('fails the waiting lookups as well, and gets the later ones', async () => {
    const { ask, batches } = store({ size: 10, inFlight: 1 })
    const asked = ask('t1')
    await nextTurn()
    const waiting = ask('t2')
    await nextTurn()
    batches[0]?.fail(new Error('unavailable'))
    const outcomes = await Promise.allSettled([asked, waiting])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const later = ask('t3')
    await nextTurn()
    batches[1]?.answer()
    expect(await later).toBe(true)
  })
})
