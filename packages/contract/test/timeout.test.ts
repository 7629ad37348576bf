import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withTimeout } from '../src/timeout.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = new Promise<string>(() => undefined)

describe('a timeout', () => {
  it('passes on what comes in time, and leaves no timer behind', async () => {
    expect(await withTimeout(Promise.resolve('done'), 1000, () => 'late')).toBe('done')
    await expect(withTimeout(Promise.reject(new Error('failed')), 1000, () => 'late')).rejects.toThrow('failed')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('resolves to a value of its own once the time is over', async () => {
    const result = withTimeout(never, 1000, () => 'late')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await result).toBe('late')
  })

  it('rejects with what its callback throws', async () => {
    const result = withTimeout(never, 1000, () => {
      throw new Error('too late')
    })
    const rejection = expect(result).rejects.toThrow('too late')
    await vi.advanceTimersByTimeAsync(1000)
    await rejection
  })
})
