import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Digest, nextDigest } from '../../src/timing/digests.js'
import { onTheWall } from '../../src/timing/wall-clock.js'

const times = { timeZone: 'Europe/Berlin', digestTime: '08:00', digestWeekday: 1 }

const after = (digest: Digest, moment: string, changes: Partial<typeof times> = {}): string | undefined =>
  nextDigest(digest, new Date(moment), { ...times, ...changes })?.toISOString()

describe('the next digest', () => {
  it('is none while the category has none', () => expect(after('OFF', '2026-06-01T10:00:00Z')).toBeUndefined())

  it.each([
    ['HOURLY', '2026-06-01T10:20:30.500Z', {}, '2026-06-01T11:00:00.000Z'],
    ['HOURLY', '2026-06-01T10:00:00.000Z', {}, '2026-06-01T11:00:00.000Z'],
    ['HOURLY', '2026-06-01T10:20:00.000Z', { timeZone: 'Asia/Kolkata' }, '2026-06-01T10:30:00.000Z'],
    ['DAILY', '2026-06-01T05:59:59.000Z', {}, '2026-06-01T06:00:00.000Z'],
    ['DAILY', '2026-06-01T06:00:00.000Z', {}, '2026-06-02T06:00:00.000Z'],
    // The days on which the clock changes have 23 and 25 hours.
    ['DAILY', '2026-03-28T07:00:00.000Z', {}, '2026-03-29T06:00:00.000Z'],
    ['DAILY', '2026-10-24T06:00:00.000Z', {}, '2026-10-25T07:00:00.000Z'],
    // A time that the clock skips, and one that it shows twice.
    ['DAILY', '2026-03-28T12:00:00.000Z', { digestTime: '02:30' }, '2026-03-29T01:00:00.000Z'],
    ['DAILY', '2026-10-24T12:00:00.000Z', { digestTime: '02:30' }, '2026-10-25T00:30:00.000Z'],
    ['DAILY', '2026-10-25T00:30:00.000Z', { digestTime: '02:30' }, '2026-10-26T01:30:00.000Z'],
    // 1 June 2026 is a Monday.
    ['WEEKLY', '2026-06-01T05:00:00.000Z', {}, '2026-06-01T06:00:00.000Z'],
    ['WEEKLY', '2026-06-01T06:00:00.000Z', {}, '2026-06-08T06:00:00.000Z'],
    ['WEEKLY', '2026-06-01T06:00:00.000Z', { digestWeekday: 7 }, '2026-06-07T06:00:00.000Z'],
  ] as const)('%s after %s %o is %s', (digest, moment, changes, expected) => {
    expect(after(digest, moment, changes)).toBe(expected)
  })

  it('is later than now, at most 25 hours or 8 days, and daily ones are on another day each', () => {
    const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo')
    const moment = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
    const time = fc.constantFrom('00:00', '00:30', '01:45', '02:15', '02:30', '08:00', '23:59')
    const property = fc.property(
      moment,
      zone,
      time,
      fc.integer({ min: 1, max: 7 }),
      (now, timeZone, digestTime, day) => {
        const found = { timeZone, digestTime, digestWeekday: day }
        const daily = nextDigest('DAILY', now, found) ?? now
        const weekly = nextDigest('WEEKLY', now, found) ?? now
        const hours = (later: Date) => (later.getTime() - now.getTime()) / 3_600_000
        expect(hours(daily)).toSatisfy((value: number) => value > 0 && value <= 25)
        expect(hours(weekly)).toSatisfy((value: number) => value > 0 && value <= 7 * 24 + 1)
        expect(onTheWall(weekly, timeZone).dayOfWeek).toBe(day)
        const next = nextDigest('DAILY', daily, found) ?? now
        expect(onTheWall(next, timeZone).toPlainDate().toString()).not.toBe(
          onTheWall(daily, timeZone).toPlainDate().toString(),
        )
      },
    )
    fc.assert(property, { numRuns: 200 })
  })
})
