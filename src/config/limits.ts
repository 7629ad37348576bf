// The variables of limits: how often an operation may be called. The defaults are in the schema, as @rateLimit.
import { z } from 'zod'
import { count } from './values.js'

/** So many calls in so many seconds. */
export interface RateLimit {
  limit: number
  seconds: number
}

const LIMIT = '[1-9]\\d{0,8}/[1-9]\\d{0,6}'

const parse = (value: string): readonly RateLimit[] =>
  value === '0'
    ? []
    : value.split(',').map((item) => {
        const [limit = 0, seconds = 0] = item.split('/').map(Number)
        return { limit, seconds }
      })

const lock = z
  .string()
  .regex(
    new RegExp(`^(?:0|${LIMIT})$`),
    'must be 0, or a number of failures and the seconds of the first lock, separated by a slash, such as 5/60',
  )
  .transform(parse)
  .optional()

export const limitVariables = z.object({
  INSTANCES: count(1, 1, 10_000),
  RATE_LIMIT_LOGIN: lock,
})

/** The variable that overrides the limits of each operation. */
const OPERATIONS = { login: 'RATE_LIMIT_LOGIN' } as const

/** The limits that the environment sets, by operation. An empty list: off. */
export function overriddenLimits(
  config: Partial<z.output<typeof limitVariables>>,
): ReadonlyMap<string, readonly RateLimit[]> {
  return new Map(
    Object.entries(OPERATIONS).flatMap(([operation, variable]) => {
      const set = config[variable]
      return set ? [[operation, set]] : []
    }),
  )
}
