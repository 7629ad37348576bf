import { describe, expect, it } from 'vitest'
import type { Category } from '../../src/channels/channel.js'
import { decide, type Decision } from '../../src/deliveries/decision.js'
import { type Lane, LANES } from '../../src/deliveries/lanes.js'
import { consentPauseAfter, pauseAfter } from '../../src/deliveries/retry-schedule.js'
import { type Choices, settingsOf } from '../../src/settings/choices.js'
import { type DeliveryChannel } from '../../src/settings/settings.js'

const night = new Date('2026-06-01T21:00:00Z')
const day = new Date('2026-06-01T10:00:00Z')
const morning = new Date('2026-06-02T05:00:00Z')

const chosen: Choices = {
  timeZone: 'Europe/Berlin',
  quietHours: { enabled: true, start: '22:00', end: '07:00' },
  digestTime: '06:00',
  categories: {
    SYSTEM: { digest: 'DAILY' },
    WORKFLOW: { channels: { SMS: true, WEBHOOK: true, EMAIL: false } },
    SECURITY: { channels: { EMAIL: false, SMS: false } },
  },
}

const send: Decision = { kind: 'send' }
const off: Decision = { kind: 'suppress', reason: 'TURNED_OFF' }
const wait: Decision = { kind: 'wait', until: morning }

describe('a delivery', () => {
  it.each<[Category, DeliveryChannel, Date, Decision]>([
    ['WORKFLOW', 'WEB_PUSH', day, send],
    ['WORKFLOW', 'WEB_PUSH', night, wait],
    ['WORKFLOW', 'FCM', night, wait],
    ['WORKFLOW', 'SMS', night, wait],
    ['WORKFLOW', 'IN_APP', night, send],
    ['WORKFLOW', 'WEBHOOK', night, send],
    ['WORKFLOW', 'EMAIL', day, off],
    ['INTEGRATION', 'EMAIL', night, wait],
    ['INTEGRATION', 'SMS', day, off],
    // Security notices ignore quiet hours, and their e-mails even the settings.
    ['SECURITY', 'EMAIL', night, send],
    ['SECURITY', 'APNS', night, send],
    ['SECURITY', 'SMS', night, off],
    // The digest of 06:00 is in the quiet hours: it comes at their end.
    ['SYSTEM', 'EMAIL', day, { kind: 'collect', until: morning }],
    ['SYSTEM', 'EMAIL', night, { kind: 'collect', until: morning }],
    ['SYSTEM', 'IN_APP', night, send],
  ])('of %s by %s at %s: %o', (category, channel, now, decision) => {
    expect(decide({ category, channel, settings: settingsOf(chosen), isSecret: false, now })).toEqual(decision)
  })

  it('with a code is in no digest', () => {
    const asked = { category: 'SYSTEM', channel: 'EMAIL', settings: settingsOf(chosen), isSecret: true } as const
    expect(decide({ ...asked, now: day })).toEqual(send)
    expect(decide({ ...asked, now: night })).toEqual(wait)
  })
})

const DAY = 86_400

/** The pauses of a delivery that is tried until it is given up. */
function pausesOf(next: (triedFor: number, attempts: number) => number | null): number[] {
  const pauses: number[] = []
  for (let triedFor = 0; ;) {
    const pause = next(triedFor, pauses.length + 1)
    if (pause === null) return pauses
    pauses.push(pause)
    triedFor += pause
  }
}

const pausesIn = (lane: Lane, random: number) =>
  pausesOf((triedFor, attempts) => pauseAfter({ lane, attempts, triedFor, retryAfter: undefined }, random))

const sum = (pauses: readonly number[]) => pauses.reduce((total, pause) => total + pause, 0)

describe('the pause after a failed attempt', () => {
  it('grows, and the last attempt is after a day', () => {
    expect(pausesIn('NORMAL', 0)).toEqual([10, 60, 300, 1800, 7200, 21_600, 21_600, 21_600, 12_230])
    const security = [2, 5, 15, 60, 300, 1800, 7200, 21_600, 21_600, 21_600, 12_218]
    expect(pausesIn('SECURITY', 0)).toEqual(security)
    for (const random of [0, 0.5, 0.999]) for (const lane of LANES) expect(sum(pausesIn(lane, random))).toBe(DAY)
  })

  it('is up to a fifth longer, and never shorter than the receiver wants', () => {
    expect(pausesIn('MARKETING', 0.999).slice(0, 3)).toEqual([12, 72, 360])
    const failure = { lane: 'NORMAL', attempts: 1, triedFor: 0 } as const
    for (const random of [0, 0.5, 0.999])
      expect(pauseAfter({ ...failure, retryAfter: 120 }, random)).toBeGreaterThanOrEqual(120)
    expect(pauseAfter({ ...failure, retryAfter: DAY }, 0.999)).toBe(DAY)
    expect(pauseAfter({ ...failure, triedFor: 1, retryAfter: DAY }, 0)).toBeNull()
  })

  it('for a consent service that does not answer doubles the wait, and ends after a day as well', () => {
    const pauses = pausesOf((triedFor) => consentPauseAfter(triedFor, 0))
    expect(pauses.slice(0, 9)).toEqual([15, 15, 30, 60, 120, 240, 480, 900, 900])
    expect(sum(pauses)).toBe(DAY)
    expect(pauses.length).toBeLessThan(110)
  })
})
