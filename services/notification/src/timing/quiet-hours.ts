// When a person does not want to be disturbed.
import type { Temporal } from 'temporal-polyfill'
import { firstMoment, lastMoment, onTheWall } from './wall-clock.js'

export interface QuietHours {
  enabled: boolean
  /** `HH:MM` on the clock of the person's time zone. */
  start: string
  /** `HH:MM`. Not the same as `start`. If it is earlier, it is on the next day. */
  end: string
}

/**
 * They start when the clock first reaches `start`, and end when it last shows `end`: if the clock is set back in between, they are
 * longer, not interrupted. A time that the clock skips is the moment of the change.
 */
function windowOf(date: Temporal.PlainDate, { start, end }: QuietHours, timeZone: string): { from: Date; to: Date } {
  const lastDay = end < start ? date.add({ days: 1 }) : date
  return { from: firstMoment(date, start, timeZone), to: lastMoment(lastDay, end, timeZone) }
}

/** The end of the quiet hours that `moment` is in. Null if it is in none. */
export function quietUntil(moment: Date, hours: QuietHours, timeZone: string): Date | null {
  if (!hours.enabled) return null
  let until: Date | null = null
  // Those of the next day can begin before the end, on a day on which the clock is set back.
  for (let at = moment; ; at = until) {
    const next = endOfWindow(at, hours, timeZone)
    if (next === null) return until
    until = next
  }
}

function endOfWindow(moment: Date, hours: QuietHours, timeZone: string): Date | null {
  const today = onTheWall(moment, timeZone).toPlainDate()
  // The clock can show the day before again after midnight, when it is set back.
  const days = [today.subtract({ days: 1 }), today, today.add({ days: 1 })]
  const ends = days
    .map((day) => windowOf(day, hours, timeZone))
    .flatMap(({ from, to }) => (from <= moment && moment < to ? to.getTime() : []))
  return ends.length > 0 ? new Date(Math.max(...ends)) : null
}
