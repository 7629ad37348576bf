import { PosternError } from '@postern/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createOutage } from '../../../web/app/src/state/outage.js'

const away = new PosternError('SERVICE_UNAVAILABLE', { message: 'away' })

/** A service that is away, and how often it has been asked. */
function pages() {
  const asked = { times: 0 }
  const checkUsername = () => {
    asked.times += 1
    return Promise.reject(away)
  }
  return { outage: createOutage({ checkUsername }), asked }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('is over as soon as any call is answered, and asks no more', async () => {
  const { outage, asked } = pages()
  outage.notice(away)
  expect(outage.get()).toEqual({ status: 'away', times: 0 })
  await vi.advanceTimersByTimeAsync(1000)
  expect([asked.times, outage.get().status]).toEqual([1, 'away'])
  outage.answered()
  expect(outage.get()).toEqual({ status: 'well', times: 1 })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.times).toBe(1)
})

it('is not begun again by an attempt that was under way when it ended', async () => {
  const { outage, asked } = pages()
  outage.notice(away)
  const attempt = outage.retry()
  outage.answered()
  await attempt
  await vi.advanceTimersByTimeAsync(60_000)
  expect([asked.times, outage.get().status]).toEqual([1, 'well'])
})
