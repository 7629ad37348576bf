import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { refuseLateWork, withDeadline, withoutDeadline } from '@postern/service/deadlines'
import { batchesOf } from '@postern/service/batches'

const isRefused = () => {
  try {
    refuseLateWork()
    return false
  } catch {
    return true
  }
}

describe('work within a deadline', () => {
  it('is refused once the deadline has passed, also after a wait', async () => {
    let isOver = false
    const seen = await withDeadline(
      () => isOver,
      async () => {
        const before = isRefused()
        isOver = true
        await nextTurn()
        return [before, isRefused()]
      },
    )
    expect(seen).toEqual([false, true])
  })

  it('is free of it when the call has ended: what still runs is a job or a timer', async () => {
    const later = Promise.withResolvers<boolean>()
    const call = withDeadline(
      () => true,
      () => {
        void nextTurn()
          .then(nextTurn)
          .then(() => later.resolve(isRefused()))
        return Promise.resolve()
      },
    )
    await call
    expect(await later.promise).toBe(false)
  })

  it('is free of it where others wait for the same', async () => {
    const seen: boolean[] = []
    const find = batchesOf(
      () => {
        seen.push(isRefused())
        return Promise.resolve(new Map<string, string>())
      },
      { size: 10, inFlight: 1 },
    )
    await withDeadline(
      () => true,
      () => find('a'),
    )
    expect(seen).toEqual([false])
    const inside = await withDeadline(
      () => true,
      () => Promise.resolve(withoutDeadline(isRefused)),
    )
    expect(inside).toBe(false)
  })

  it('does not exist outside of a call', () => {
    expect(isRefused()).toBe(false)
  })
})
