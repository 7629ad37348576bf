import { expect, it } from 'vitest'
import { disabledReasonOf, settlementOf } from '../../src/webhooks/attempts.js'

const answered = (responseStatus: number) => ({ responseStatus, failure: null })
const event = (attempts: number) => ({ type: 'user.registered', attempts })

it.each([200, 201, 202, 204, 299])('%i is a success', (status) =>
  expect(settlementOf(event(1), answered(status), 0)).toEqual({
    ...{ status: 'DELIVERED', pauseSeconds: null, responseStatus: status, failure: null },
  }),
)

it.each([100, 301, 302, 304, 307, 400, 401, 404, 429, 500, 503])('%i is a failure', (status) =>
  expect(settlementOf(event(1), answered(status), 0)).toMatchObject({ status: 'PENDING', pauseSeconds: 60 }),
)

it('is tried five times over 24 hours, later by up to a tenth', () => {
  const pauses = (random: number) =>
    [1, 2, 3, 4, 5].map((n) => settlementOf(event(n), answered(500), random).pauseSeconds)
  expect(pauses(0)).toEqual([60, 720, 7200, 78_420, null])
  const sum = (list: (number | null)[]) => list.reduce<number>((total, pause) => total + (pause ?? 0), 0)
  expect(sum(pauses(0))).toBe(86_400)
  expect(sum(pauses(0.999))).toBeLessThan(86_400 * 1.1)
  expect(settlementOf(event(5), answered(500), 0).status).toBe('FAILED')
  expect(settlementOf(event(6), answered(500), 0).status).toBe('FAILED')
})

it('is not tried again if the receiver is gone, and a test never is', () => {
  expect(settlementOf(event(1), answered(410), 0).status).toBe('FAILED')
  expect(settlementOf({ type: 'webhook.test', attempts: 1 }, answered(500), 0).status).toBe('FAILED')
})

it('disables a webhook that is gone, or has failed for a day', () => {
  expect(disabledReasonOf(410, 0)).toBe('GONE')
  expect(disabledReasonOf(500, 86_399)).toBeNull()
  expect(disabledReasonOf(null, 86_400)).toBe('FAILING')
})
