// Times and durations in words.
const units: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' })

/** Such as "3 hours ago". The future is "just now": the clock of this device is slow. */
export function ago(date: string, now = Date.now()): string {
  const seconds = Math.min(0, Date.parse(date) - now) / 1000
  const found = units.find(([, size]) => Math.abs(seconds) >= size)
  return found ? relative.format(Math.round(seconds / found[1]), found[0]) : 'just now'
}

/** Such as "Nov 22, 2026". */
export const onDay = (date: string): string => day.format(new Date(date))
export const atMoment = (date: string): string => moment.format(new Date(date))

/** Such as "30 days", in the largest unit that fits. */
export function duration(seconds: number): string {
  const [unit, size] = units.slice(3).find(([, size]) => seconds >= size) ?? ['second', 1]
  const count = Math.ceil(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
