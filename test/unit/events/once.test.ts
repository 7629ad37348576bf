import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { createOnce } from '@postern/service/events/once'

const ID = '019eb1f0-5c1e-7b64-8b53-0f5a0f0d5c11'

/** What the database has, and how many of its next transactions fail. */
const noted = new Set<string>()
let failures = 0
/** Locks that are taken, also those of other processes. */
const taken = new Set<string>()
let effects = 0

const processed = {
  has: (consumer: string, id: string) => Promise.resolve(noted.has(`${consumer} ${id}`)),
  insert: (_tx: unknown, consumer: string, id: string) => Promise.resolve(Boolean(noted.add(`${consumer} ${id}`))),
  purge: () => Promise.resolve(0),
}
const transaction = (async (work) => {
  if (failures > 0) {
    failures -= 1
    throw new Error('the database does not respond')
  }
  return work({} as never)
}) as MysqlTransaction
const locks = {
  tryLock: (key: string) => Promise.resolve(!taken.has(key) && Boolean(taken.add(key))),
  unlock: (key: string) => Promise.resolve(void taken.delete(key)),
  close: () => undefined,
}
const once = createOnce({ transaction, processed, locks })
const send = () => {
  effects += 1
  return Promise.resolve()
}

beforeEach(() => {
  noted.clear()
  taken.clear()
  failures = effects = 0
})

describe('an effect', () => {
  it('happens once, although its event comes twice at the same time', async () => {
    const results = await Promise.all([once('mail', ID, send), once('mail', ID, send)])
    expect(results).toEqual([true, false])
    expect(effects).toBe(1)
    expect(taken).toEqual(new Set())
  })

  it('happens once, although the database does not respond when it is noted', async () => {
    failures = 2
    expect(await once('mail', ID, send)).toBe(true)
    expect(effects).toBe(1)
    expect(noted).toEqual(new Set([`mail ${ID}`]))
  })

  it('happens once, although the database is down for so long that the event is processed again', async () => {
    vi.useFakeTimers()
    failures = Infinity
    const first = expect(once('mail', ID, send)).rejects.toThrow('does not respond')
    await vi.advanceTimersByTimeAsync(40_000)
    await first
    vi.useRealTimers()
    failures = 0
    expect(await once('mail', ID, send)).toBe(true)
    expect(effects).toBe(1)
  })

  it('waits for another process that works on the same event, and is left out if that has finished', async () => {
    vi.useFakeTimers()
    taken.add(`mail ${ID}`)
    const result = once('mail', ID, send)
    await vi.advanceTimersByTimeAsync(1000)
    noted.add(`mail ${ID}`)
    taken.clear()
    await vi.advanceTimersByTimeAsync(1000)
    vi.useRealTimers()
    expect(await result).toBe(false)
    expect(effects).toBe(0)
  })

  it('that fails is not noted, and happens when the event is processed again', async () => {
    const fail = () => Promise.reject(new Error('no mail server'))
    await expect(once('mail', ID, fail)).rejects.toThrow('no mail server')
    expect(noted).toEqual(new Set())
    expect(await once('mail', ID, send)).toBe(true)
  })
})
