import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createQueues } from '../../../src/services/limits/queues.js'

/** So many can have something at once. `take` resolves with who got it, 'locked', or null. */
function create(free: number) {
  let isLocked = false
  const unused: string[] = []
  const queues = createQueues<string>({
    maxWaiting: 250,
    lastsForAll: (result) => result === 'locked',
    onUnused: (result) => {
      unused.push(result)
      free += 1
    },
  })
  const attempt = () => Promise.resolve(isLocked ? 'locked' : free > 0 ? (free--, 'mine') : null)
  const take = (subject = 'a', signal = new AbortController().signal) => queues.take(subject, attempt, signal)
  return {
    ...{ take, unused },
    free: (count: number) => {
      free += count
      queues.next('a')
    },
    /** As another process does. */
    freeElsewhere: () => (free += 1),
    lock: () => {
      isLocked = true
      queues.next('a')
    },
  }
}

const settled = async () => vi.advanceTimersByTimeAsync(0)

describe('callers who wait for their turn', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('get it in order, as soon as it is free', async () => {
    const { take, free } = create(1)
    const order: number[] = []
    expect(await take()).toBe('mine')
    for (let n = 0; n < 3; n++) void take().then(() => order.push(n))
    await settled()
    expect(order).toEqual([])
    free(1)
    await settled()
    expect(order).toEqual([0])
    free(2)
    await settled()
    expect(order).toEqual([0, 1, 2])
  })

  it('notice within 50 ms what another process has freed', async () => {
    const { take, freeElsewhere } = create(0)
    const waiting = take()
    await settled()
    freeElsewhere()
    await vi.advanceTimersByTimeAsync(50)
    expect(await waiting).toBe('mine')
  })

  it('wait for five seconds, or until they have gone', async () => {
    const { take } = create(0)
    const gone = new AbortController()
    const [first, second] = [take('a', gone.signal), take()]
    await vi.advanceTimersByTimeAsync(1000)
    gone.abort()
    expect(await first).toBeNull()
    await vi.advanceTimersByTimeAsync(4000)
    expect(await second).toBeNull()
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1)
    await vi.advanceTimersByTimeAsync(50)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('all get a result that lasts for all', async () => {
    const { take, lock } = create(0)
    const all = [take(), take(), take()]
    await settled()
    lock()
    await settled()
    expect(await Promise.all(all)).toEqual(['locked', 'locked', 'locked'])
  })

  it('are at most 64 for one subject, and no more than the limit for all', async () => {
    const { take } = create(0)
    let refused = 0
    const wait = async (subject: string) => ((await take(subject)) === null ? (refused += 1) : 0)
    void wait('a')
    await settled()
    for (let n = 0; n < 100; n++) void wait('a')
    await settled()
    expect(refused).toBe(37)
    for (let n = 0; n < 200; n++) void wait(`other ${n}`)
    await settled()
    expect(refused).toBe(37 + 14)
  })

  it('give back what they have stopped waiting for', async () => {
    const { take, unused, freeElsewhere } = create(0)
    const gone = new AbortController()
    const waiting = take('a', gone.signal)
    await settled()
    freeElsewhere()
    vi.advanceTimersByTime(50)
    gone.abort()
    expect(await waiting).toBeNull()
    await settled()
    expect(unused.length).toBeLessThanOrEqual(1)
    expect(await take()).toBe('mine')
  })
})
