// The variables of usernames: caching, holds, the limit of changes, and reserved ones.
import { z } from 'zod'
import { count, list, seconds } from '@postern/service/values'

const renames = z
  .string()
  .regex(
    /^(?:[1-9]\d{0,3})\/(?:[1-9]\d{0,8})$/,
    'must be a number of changes and a number of seconds, separated by a slash, such as 3/2592000',
  )
  .transform((value) => {
    const [count = 0, seconds = 0] = value.split('/').map(Number)
    return { count, seconds }
  })

export const usernameVariables = z.object({
  USERNAME_CACHE_TTL: seconds(300, 1, 86_400),
  USERNAME_WARMING: count(2000, 0, 100_000, ' usernames per second'),
  USERNAME_HOLD: seconds(30 * 86_400, 0),
  USERNAME_RENAMES: renames.prefault('3/2592000'),
  RESERVED_USERNAMES: list,
})
