import { PosternError } from '@postern/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createOutage } from '../../../web/app/src/state/outage.js'

const unavailable = new PosternError('SERVICE_UNAVAILABLE', { message: 'unavailable' })

/** A service that is unavailable, and the number of requests to it. */
function pages() {
  const requests = { count: 0 }
  const checkUsername = () => {
    requests.count += 1
    return Promise.reject(unavailable)
  }
  return { outage: createOutage({ checkUsername }), requests }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('an outage ends with the first answer, and then sends no more requests', async () => {
  const { outage, requests } = pages()
  outage.notice(unavailable)
  expect(outage.get()).toEqual({ status: 'down', recoveries: 0 })
  await vi.advanceTimersByTimeAsync(1000)
  expect([requests.count, outage.get().status]).toEqual([1, 'down'])
  outage.answered()
  expect(outage.get()).toEqual({ status: 'up', recoveries: 1 })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(requests.count).toBe(1)
})

it('an attempt that was running when the outage ended does not start it again', async () => {
  const { outage, requests } = pages()
  outage.notice(unavailable)
  const attempt = outage.retry()
  outage.answered()
  await attempt
  await vi.advanceTimersByTimeAsync(60_000)
  expect([requests.count, outage.get().status]).toEqual([1, 'up'])
})
