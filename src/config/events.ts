// The variables of events: whether they are written, and how long they are kept.
import { z } from 'zod'
import { flag, seconds } from './values.js'

export const eventVariables = z.object({
  OUTBOX: flag.default(true),
  /** At least a day: what was processed is forgotten then, too, and an event can be delivered again until that. */
  OUTBOX_RETENTION: seconds(7 * 86_400, 86_400),
})
