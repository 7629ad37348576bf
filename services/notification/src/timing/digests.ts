// When a person gets a digest: the e-mails of a category in one.
import { firstMoment, onTheWall } from './wall-clock.js'

export const DIGESTS = ['OFF', 'HOURLY', 'DAILY', 'WEEKLY'] as const

export type Digest = (typeof DIGESTS)[number]

export interface DigestTimes {
  timeZone: string
  /** `HH:MM`. */
  digestTime: string
  /** 1 is Monday, 7 is Sunday. */
  digestWeekday: number
}

const MINUTE_MS = 60_000

/** The next digest after `moment`. Null if the category has none. */
export function nextDigest(digest: Digest, moment: Date, times: DigestTimes): Date | null {
  if (digest === 'OFF') return null
  const now = onTheWall(moment, times.timeZone)
  if (digest === 'HOURLY') {
    const pastMinute = now.second * 1000 + now.millisecond
    return new Date(moment.getTime() + (60 - now.minute) * MINUTE_MS - pastMinute)
  }
  // A day on which the clock skips the digest's time has it at the change, and one that shows it twice, the first time.
  for (let day = now.toPlainDate(); ; day = day.add({ days: 1 })) {
    const due = firstMoment(day, times.digestTime, times.timeZone)
    if (due > moment && (digest === 'DAILY' || day.dayOfWeek === times.digestWeekday)) return due
  }
}
