import { describe, expect, it } from 'vitest'
import type { Caller } from '@postern/service/callers/caller'
import { createCallLimits } from '../src/grpc/limits.js'

const user = { kind: 'user', userId: 'ada' } as Caller
const MINUTE_MS = 60_000

/** Calls as often as it may, for so many minutes. Returns how many calls were accepted. */
function callFor(
  minutes: number,
  kind: 'grant' | 'revoke',
  count: ReturnType<typeof createCallLimits>,
  clock: { ms: number },
) {
  let accepted = 0
  for (let minute = 0; minute < minutes; minute += 1) {
    for (let call = 0; call < 100; call += 1) {
      try {
        count(user, kind)
        accepted += 1
      } catch {
        break
      }
    }
    clock.ms += MINUTE_MS
  }
  return accepted
}

describe('the limits of a user', () => {
  it('allow 300 grants a day', () => {
    const clock = { ms: 0 }
    const count = createCallLimits(() => clock.ms)
    expect(callFor(20, 'grant', count, clock)).toBe(300)
  })

  it('never refuse a withdrawal for longer than a minute, however many calls there were', () => {
    const clock = { ms: 0 }
    const count = createCallLimits(() => clock.ms)
    callFor(20, 'grant', count, clock)
    expect(callFor(20, 'revoke', count, clock)).toBe(20 * 60)
    for (let call = 0; call < 60; call += 1) count(user, 'revoke')
    expect(() => count(user, 'revoke')).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', retryAfter: 60 }) as Error,
    )
  })
})
