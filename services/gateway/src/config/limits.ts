// The form of limits: so many requests in so many seconds.
import { z } from 'zod'

/** At most `limit` requests in so many seconds. */
export interface Quota {
  readonly limit: number
  readonly seconds: number
}

const QUOTA = /^([1-9]\d{0,8})\/([1-9]\d{0,6})$/
const FORM = 'a number of requests, a slash and a number of seconds, such as 60/60'

/** Null is no limit. Undefined if the text has another form. */
function parse(text: string): Quota | null | undefined {
  if (text === '0') return null
  const [, limit, seconds] = QUOTA.exec(text) ?? []
  return limit === undefined ? undefined : { limit: Number(limit), seconds: Number(seconds) }
}

/** Its value is null if there is no limit: `0`. */
export const limits = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context): Quota | null => {
      const quota = parse(text)
      if (quota !== undefined) return quota
      context.addIssue(`must be 0, or ${FORM}`)
      return z.NEVER
    })

/** `Login=20/60,CheckUsernameAvailability=0`: by the name of the RPC, or that of the gateway's own route. */
export const routeLimits = z
  .string()
  .default('')
  .transform((text, context): ReadonlyMap<string, Quota | null> => {
    const items = text.split(',').flatMap((item) => item.trim() || [])
    const routes = new Map<string, Quota | null>()
    for (const item of items) {
      const [name = '', value = '', ...rest] = item.split('=')
      const quota = parse(value)
      if (!/^\w[\w.]*$/.test(name) || quota === undefined || rest.length > 0 || routes.has(name)) {
        context.addIssue(`must be comma-separated pairs such as Login=20/60, each with 0 or ${FORM}`)
        return z.NEVER
      }
      routes.set(name, quota)
    }
    return routes
  })
