// Reads the header Retry-After.

/** A receiver can't make deliveries wait for longer. */
const MAX_SECONDS = 86_400

/** Seconds from `now` on: from a number, or from a date of HTTP. Undefined if it is absent or something else. */
export function retryAfterOf(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  const until = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - now.getTime()) / 1000
  return Number.isNaN(until) ? undefined : Math.min(Math.max(0, Math.ceil(until)), MAX_SECONDS)
}
