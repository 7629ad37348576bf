import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quietUntil } from '../../src/timing/quiet-hours.js'
import { onTheWall } from '../../src/timing/wall-clock.js'

/** The same moment as people there write it: `2026-03-29 07:00 +02:00`. */
function written(moment: Date | null, zone: string): string {
  if (moment === null) return 'not quiet'
  const wall = onTheWall(moment, zone)
  return `${wall.toPlainDate().toString()} ${wall.toPlainTime().toString().slice(0, 5)} ${wall.offset}`
}

const momentOf = (text: string): Date => new Date(text.replace(/^(\S+) (\S+) (\S+)$/, '$1T$2:00$3'))

/** Two changes of the clock in each zone. Lord Howe changes by half an hour, and in the other half of the year. */
const ZONES = {
  // 29 March 2026: 02:00 +01:00 is 03:00 +02:00. 25 October: 03:00 +02:00 is 02:00 +01:00.
  'Europe/Berlin': `
    hours         moment                     until
    22:00-07:00   2026-03-28 21:59 +01:00    not quiet
    22:00-07:00   2026-03-28 22:00 +01:00    2026-03-29 07:00 +02:00
    22:00-07:00   2026-03-29 06:59 +02:00    2026-03-29 07:00 +02:00
    22:00-07:00   2026-03-29 07:00 +02:00    not quiet
    22:00-02:30   2026-03-28 23:00 +01:00    2026-03-29 03:00 +02:00
    22:00-02:30   2026-03-29 03:00 +02:00    not quiet
    02:30-06:00   2026-03-29 01:59 +01:00    not quiet
    02:30-06:00   2026-03-29 03:00 +02:00    2026-03-29 06:00 +02:00
    02:10-02:40   2026-03-29 01:59 +01:00    not quiet
    02:10-02:40   2026-03-29 03:00 +02:00    not quiet
    13:00-14:00   2026-03-29 13:30 +02:00    2026-03-29 14:00 +02:00
    22:00-07:00   2026-10-24 22:00 +02:00    2026-10-25 07:00 +01:00
    22:00-07:00   2026-10-25 06:59 +01:00    2026-10-25 07:00 +01:00
    22:00-02:30   2026-10-25 02:15 +02:00    2026-10-25 02:30 +01:00
    22:00-02:30   2026-10-25 02:45 +02:00    2026-10-25 02:30 +01:00
    22:00-02:30   2026-10-25 02:15 +01:00    2026-10-25 02:30 +01:00
    22:00-02:30   2026-10-25 02:30 +01:00    not quiet
    02:30-06:00   2026-10-25 02:29 +02:00    not quiet
    02:30-06:00   2026-10-25 02:30 +02:00    2026-10-25 06:00 +01:00
    02:30-06:00   2026-10-25 02:00 +01:00    2026-10-25 06:00 +01:00
    02:45-02:15   2026-10-25 02:20 +02:00    2026-10-26 02:15 +01:00
  `,
  // 8 March 2026: 02:00 -05:00 is 03:00 -04:00. 1 November: 02:00 -04:00 is 01:00 -05:00.
  'America/New_York': `
    hours         moment                     until
    22:00-07:00   2026-03-07 22:00 -05:00    2026-03-08 07:00 -04:00
    22:00-07:00   2026-03-08 01:59 -05:00    2026-03-08 07:00 -04:00
    22:00-07:00   2026-03-08 03:00 -04:00    2026-03-08 07:00 -04:00
    22:00-02:30   2026-03-08 01:59 -05:00    2026-03-08 03:00 -04:00
    22:00-02:30   2026-03-08 03:00 -04:00    not quiet
    02:30-06:00   2026-03-08 03:00 -04:00    2026-03-08 06:00 -04:00
    00:00-01:30   2026-11-01 00:30 -04:00    2026-11-01 01:30 -05:00
    00:00-01:30   2026-11-01 01:45 -04:00    2026-11-01 01:30 -05:00
    00:00-01:30   2026-11-01 01:30 -05:00    not quiet
    01:30-05:00   2026-11-01 01:29 -04:00    not quiet
    01:30-05:00   2026-11-01 01:00 -05:00    2026-11-01 05:00 -05:00
    22:00-07:00   2026-10-31 23:00 -04:00    2026-11-01 07:00 -05:00
    22:00-07:00   2026-11-01 22:00 -05:00    2026-11-02 07:00 -05:00
  `,
  // 5 April 2026: 02:00 +11:00 is 01:30 +10:30. 4 October: 02:00 +10:30 is 02:30 +11:00.
  'Australia/Lord_Howe': `
    hours         moment                     until
    22:00-07:00   2026-04-04 22:00 +11:00    2026-04-05 07:00 +10:30
    22:00-01:45   2026-04-05 01:50 +11:00    2026-04-05 01:45 +10:30
    22:00-01:45   2026-04-05 01:40 +10:30    2026-04-05 01:45 +10:30
    22:00-01:45   2026-04-05 01:45 +10:30    not quiet
    01:45-06:00   2026-04-05 01:44 +11:00    not quiet
    01:45-06:00   2026-04-05 01:30 +10:30    2026-04-05 06:00 +10:30
    22:00-02:00   2026-04-05 01:59 +11:00    2026-04-05 02:00 +10:30
    22:00-07:00   2026-10-03 22:00 +10:30    2026-10-04 07:00 +11:00
    22:00-02:15   2026-10-04 01:59 +10:30    2026-10-04 02:30 +11:00
    22:00-02:15   2026-10-04 02:30 +11:00    not quiet
    02:15-06:00   2026-10-04 01:59 +10:30    not quiet
    02:15-06:00   2026-10-04 02:30 +11:00    2026-10-04 06:00 +11:00
    02:05-02:25   2026-10-04 02:30 +11:00    not quiet
  `,
} satisfies Record<string, string>

const rowsOf = (table: string): string[][] =>
  table
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/))

describe('quiet hours over changes of the clock', () => {
  for (const [zone, table] of Object.entries(ZONES))
    it(`end in ${zone} when the clock shows their end for the last time, or skips it`, () => {
      const found = rowsOf(table).map(([hours = '', moment = '']) => {
        const [start = '', end = ''] = hours.split('-')
        return [hours, moment, written(quietUntil(momentOf(moment), { enabled: true, start, end }, zone), zone)]
      })
      expect(found).toEqual(rowsOf(table))
    })

  it('are none while they are off', () => {
    const hours = { enabled: false, start: '22:00', end: '07:00' }
    expect(quietUntil(momentOf('2026-03-28 23:00 +01:00'), hours, 'Europe/Berlin')).toBeNull()
  })
})

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
const hours = fc
  .record({ enabled: fc.constant(true), start: time, end: time })
  .filter(({ start, end }) => start !== end)
const zone = fc.constantFrom(
  ...Object.keys(ZONES),
  'Asia/Kolkata',
  'America/Santiago',
  'Africa/Cairo',
  'Pacific/Chatham',
)
const moment = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })

const DAY_MS = 86_400_000

describe('at any moment of a year', () => {
  it('quiet hours end later than now, and are over then', () => {
    const property = fc.property(moment, hours, zone, (now, quiet, timeZone) => {
      const until = quietUntil(now, quiet, timeZone)
      if (until === null) return
      expect(until.getTime()).toBeGreaterThan(now.getTime())
      expect(quietUntil(until, quiet, timeZone)).toBeNull()
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('they are when the clock is between start and end, and go on only if it is set back', () => {
    const property = fc.property(moment, hours, zone, (now, quiet, timeZone) => {
      const { start, end } = quiet
      const shown = onTheWall(now, timeZone).toPlainTime().toString().slice(0, 5)
      const isBetween = start < end ? start <= shown && shown < end : shown >= start || shown < end
      const isQuiet = quietUntil(now, quiet, timeZone) !== null
      if (isBetween) expect(isQuiet).toBe(true)
      if (isBetween || !isQuiet) return
      const [before, after] = [-DAY_MS, DAY_MS].map((ms) => onTheWall(new Date(now.getTime() + ms), timeZone))
      expect(before?.offsetNanoseconds).toBeGreaterThan(after?.offsetNanoseconds ?? NaN)
    })
    fc.assert(property, { numRuns: 500 })
  })
})
