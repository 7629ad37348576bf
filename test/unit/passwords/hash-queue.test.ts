import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHashQueue } from '../../../src/services/passwords/hasher/queue.js'
import type { Requester } from '../../../src/services/passwords/requester.js'

const from = (network: string, account: string, signal: AbortSignal | null = null): Requester => ({
  network,
  account,
  signal,
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** A queue whose hashes end when the test says so. */
function controlled(limits: { concurrency?: number; limit?: number } = {}) {
  const queue = createHashQueue({ concurrency: 1, limit: 1000, ...limits })
  const started: string[] = []
  const ends: (() => void)[] = []
  return {
    started,
    waiting: () => queue.waiting(),
    request: (name: string, requester: Requester) => {
      const work = () => {
        started.push(name)
        const { promise, resolve } = Promise.withResolvers<string>()
        ends.push(() => {
          resolve(name)
        })
        return promise
      }
      return queue.run(work, requester)
    },
    /** Ends the hash that runs, and lets the next one start. */
    finish: async () => {
      ends.shift()?.()
      await new Promise(setImmediate)
    },
  }
}

describe('the queue of hashes', () => {
  it('serves another network after at most one of a network that requests hundreds', async () => {
    const { request, finish, started } = controlled()
    for (let n = 0; n < 300; n++) void request(`attack ${n}`, from('10.0.0.1', `name${n}`))
    await new Promise(setImmediate)
    void request('honest', from('10.0.0.2', 'ada'))
    await finish()
    await finish()
    expect(started).toContain('honest')
  })

  it('serves another account after at most one of an account that hundreds of networks try', async () => {
    const { request, finish, started } = controlled()
    for (let n = 0; n < 300; n++) void request(`attack ${n}`, from(`10.0.1.${n}`, 'victim'))
    await new Promise(setImmediate)
    void request('honest', from('10.0.0.2', 'ada'))
    await finish()
    await finish()
    expect(started).toContain('honest')
  })

  it('refuses the requester with most hashes when it is full, not the newest requester', async () => {
    const { request, finish, started, waiting } = controlled({ limit: 3 })
    const attacks = [0, 1, 2, 3].map((n) => request(`attack ${n}`, from('10.0.0.1', `name${n}`)))
    await new Promise(setImmediate)
    const honest = request('honest', from('10.0.0.2', 'ada'))
    await expect(attacks[3]).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 1 })
    await expect(request('attack 4', from('10.0.0.1', 'name4'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(waiting()).toBe(3)
    for (let n = 0; n < 4; n++) await finish()
    expect(await honest).toBe('honest')
    expect(started).toHaveLength(4)
  })

  it('forgets a requester who has disconnected, at once', async () => {
    const { request, finish, started, waiting } = controlled()
    const client = new AbortController()
    void request('first', from('10.0.0.1', 'ada'))
    const dropped = request('dropped', from('10.0.0.1', 'ada', client.signal))
    const last = request('last', from('10.0.0.1', 'ada'))
    await new Promise(setImmediate)
    client.abort()
    await expect(dropped).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(waiting()).toBe(1)
    await finish()
    await finish()
    expect(await last).toBe('last')
    expect(started).toEqual(['first', 'last'])
    await expect(request('late', from('10.0.0.1', 'ada', client.signal))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
  })

  it('costs a requester nothing to have requested many that are finished', async () => {
    const { request, finish, started } = controlled()
    for (let n = 0; n < 5; n++) {
      void request(`early ${n}`, from('10.0.0.1', 'ada'))
      await new Promise(setImmediate)
      await finish()
    }
    void request('running', from('10.0.0.3', 'eve'))
    void request('ada', from('10.0.0.1', 'ada'))
    void request('bob', from('10.0.0.2', 'bob'))
    await new Promise(setImmediate)
    await finish()
    await finish()
    expect(started.slice(-2)).toEqual(['ada', 'bob'])
  })

  it('refuses after 10 s, also while the hash runs', async () => {
    const signals: AbortController[] = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      expect(milliseconds).toBe(10_000)
      const controller = new AbortController()
      signals.push(controller)
      return controller.signal
    })
    const { request, waiting } = controlled()
    const running = request('running', from('10.0.0.1', 'ada'))
    const queued = request('queued', from('10.0.0.1', 'ada'))
    await new Promise(setImmediate)
    for (const signal of signals) signal.abort()
    await expect(running).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    await expect(queued).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(waiting()).toBe(0)
  })
})
