import { describe, expect, it } from 'vitest'
import type { Category } from '../../src/channels/channel.js'
import { decide, type Decision } from '../../src/deliveries/decision.js'
import type { Lane } from '../../src/deliveries/lanes.js'
import { pauseAfter } from '../../src/deliveries/retry-schedule.js'
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

/** The pauses of a delivery that is tried until it is given up. */
function pausesOf(lane: Lane, random: number): number[] {
  const pauses: number[] = []
  for (let triedFor = 0; ;) {
    const pause = pauseAfter({ lane, attempts: pauses.length + 1, triedFor, retryAfter: undefined }, random)
    if (pause === null) return pauses
    pauses.push(pause)
    triedFor += pause
  }
}

describe('the pause after a failed attempt', () => {
  it('grows, and ends after a day', () => {
    expect(pausesOf('NORMAL', 0)).toEqual([10, 60, 300, 1800, 7200, 21_600, 21_600, 21_600])
    expect(pausesOf('SECURITY', 0)).toEqual([2, 5, 15, 60, 300, 1800, 7200, 21_600, 21_600, 21_600])
  })

  it('is up to a fifth longer, and never shorter than the receiver wants', () => {
    expect(pausesOf('MARKETING', 0.999).slice(0, 3)).toEqual([12, 72, 360])
    const failure = { lane: 'NORMAL', attempts: 1, triedFor: 0 } as const
    for (const random of [0, 0.5, 0.999])
      expect(pauseAfter({ ...failure, retryAfter: 120 }, random)).toBeGreaterThanOrEqual(120)
    expect(pauseAfter({ ...failure, retryAfter: 1e9 }, 0)).toBeNull()
  })
})
