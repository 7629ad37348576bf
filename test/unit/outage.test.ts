import { PosternError } from '@postern/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createOutage } from '../../web/app/src/state/outage.js'

const down = new PosternError('SERVICE_UNAVAILABLE', { message: 'Not now.' })
let attempts: number[]
let answer: () => Promise<never>

beforeEach(() => {
  vi.useFakeTimers()
  attempts = []
})
afterEach(() => void vi.useRealTimers())

/** An outage that looks for its end by a check which is answered by `answer`. */
function begin() {
  const outage = createOutage({
    checkUsername() {
      attempts.push(Date.now())
      return answer()
    },
  })
  outage.notice(down)
  return outage
}

const pauses = () => attempts.slice(1).map((at, i) => at - attempts[i]!)

it('asks with growing pauses whether the service is back', async () => {
  answer = () => Promise.reject(down)
  begin()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(pauses()).toEqual([2000, 4000, 8000, 8000, 8000, 8000, 8000, 8000])
})

it('does so also when the service answers checks and fails at the rest, until it was well for a while', async () => {
  answer = () => Promise.reject(new PosternError('RATE_LIMITED', { message: 'Later.' }))
  const outage = begin()
  const stop = outage.subscribe(() => queueMicrotask(() => outage.notice(down)))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(pauses()).toEqual([2000, 4000, 8000, 8000, 8000, 8000, 8000, 8000])
  stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(outage.get().status).toBe('well')
  attempts = []
  outage.notice(down)
  await vi.advanceTimersByTimeAsync(1000)
  expect(attempts).toHaveLength(1)
})
