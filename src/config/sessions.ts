// The variables of sessions: how long they last, and how many a user can have.
import { z } from 'zod'
import { count, seconds } from '@postern/service/values'

export const sessionVariables = z.object({
  SESSION_IDLE_TTL: seconds(30 * 86_400),
  SESSION_ABSOLUTE_TTL: seconds(90 * 86_400),
  SESSIONS_PER_USER: count(50, 1, 1000),
  REFRESH_GRACE: seconds(60, 0, 300),
})
