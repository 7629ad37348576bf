import { expect, it } from 'vitest'
import { withTimeout } from '../src/timeout.js'

const never = new Promise<string>(() => {})

it('settles as the work does if that is in time', async () => {
  expect(await withTimeout(Promise.resolve('done'), 60_000, () => 'late')).toBe('done')
  await expect(withTimeout(Promise.reject(new Error('broken')), 60_000, () => 'late')).rejects.toThrow('broken')
})

it('settles as the callback does after the time', async () => {
  expect(await withTimeout(never, 1, () => 'late')).toBe('late')
  const fail = () => {
    throw new Error('late')
  }
  await expect(withTimeout(never, 1, fail)).rejects.toThrow('late')
})

it('leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  await withTimeout(Promise.resolve(), 60_000, () => {})
  expect(timers()).toBe(before)
})
