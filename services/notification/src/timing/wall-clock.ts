// Times of the clock on a person's wall as instants, also on days on which the clock is changed.
import { Temporal } from 'temporal-polyfill'

/** `HH:MM`, from 00:00 to 23:59. */
export const WALL_TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/

interface Moments {
  first: Temporal.ZonedDateTime
  last: Temporal.ZonedDateTime
}

/**
 * When the clock shows the time on that day: once, or twice when it is set back. If it is set forward past the time, that is the
 * moment of the change.
 */
function momentsOf(date: Temporal.PlainDate, time: string, timeZone: string): Moments {
  const shown = date.toPlainDateTime(time)
  const first = shown.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  const last = shown.toZonedDateTime(timeZone, { disambiguation: 'later' })
  // In a gap, `earlier` is a time before the change, and `later` one after it.
  const change = first.toPlainDateTime().equals(shown) ? null : first.getTimeZoneTransition('next')
  return change ? { first: change, last: change } : { first, last }
}

/** The first moment of the day at which the clock has reached the time. */
export const firstMoment = (date: Temporal.PlainDate, time: string, timeZone: string): Date =>
  asDate(momentsOf(date, time, timeZone).first)

/** The last moment of the day at which the clock shows the time. */
export const lastMoment = (date: Temporal.PlainDate, time: string, timeZone: string): Date =>
  asDate(momentsOf(date, time, timeZone).last)

const asDate = ({ epochMilliseconds }: Temporal.ZonedDateTime): Date => new Date(epochMilliseconds)

/** What calendar and clock show there. */
export const onTheWall = (moment: Date, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timeZone)

/** The name of an IANA time zone in its usual spelling. Null if there is no such zone. */
export function timeZoneNamed(name: string): string | null {
  // `+02:00` is a time zone for Temporal. It has no daylight saving time, which a person will miss.
  if (!/^[A-Za-z]/.test(name)) return null
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId
  } catch {
    return null
  }
}
