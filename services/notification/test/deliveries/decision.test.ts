import { describe, expect, it } from 'vitest'
import type { Category } from '../../src/channels/channel.js'
import { decide, type Decision } from '../../src/deliveries/decision.js'
import { pauseAfter } from '../../src/deliveries/retry-schedule.js'
import { type Choices, type DeliveryChannel, settingsOf } from '../../src/settings/settings.js'

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
const wait: Decision = { kind: 'wait', until: morning, reason: 'QUIET_HOURS' }

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
    expect(decide({ category, channel, settings: settingsOf(chosen), now })).toEqual(decision)
  })
})

describe('the pause after a failed attempt', () => {
  const pauses = (category: Category, random: number): (number | null)[] =>
    Array.from({ length: 10 }, (_, index) =>
      pauseAfter({ category, attempts: index + 1, retryAfter: undefined }, random),
    )

  it('grows, and ends after about a day', () => {
    expect(pauses('SYSTEM', 0)).toEqual([10, 60, 300, 1800, 7200, 21_600, 57_600, null, null, null])
    expect(pauses('SECURITY', 0).slice(0, 4)).toEqual([2, 5, 15, 60])
    expect(pauses('SECURITY', 0).at(-1)).toBeNull()
  })

  it('is up to a fifth longer, and never shorter than the receiver wants', () => {
    expect(pauses('SYSTEM', 0.999).slice(0, 3)).toEqual([12, 72, 360])
    for (const random of [0, 0.5, 0.999]) {
      const pause = pauseAfter({ category: 'SYSTEM', attempts: 1, retryAfter: 120 }, random)
      expect(pause).toBeGreaterThanOrEqual(120)
    }
    expect(pauseAfter({ category: 'SYSTEM', attempts: 1, retryAfter: 1e9 }, 0)).toBe(86_400)
  })
})
