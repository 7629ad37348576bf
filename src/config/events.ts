// The variables of events: whether they are written, and how long they are kept.
import { z } from 'zod'
import { flag, seconds, type Variables } from '@postern/service/values'

export const eventVariables = z.object({
  OUTBOX: flag.default(true),
  /** At least a day: what was processed is forgotten then, too, and an event can be delivered again until that. */
  OUTBOX_RETENTION: seconds(7 * 86_400, 86_400),
})

const NEED_EVENTS = ['SMTP_URL', 'RABBITMQ_URL', 'RABBITMQ_HOST']

/** Without events, nothing would be sent. */
export const unusedWithoutEvents = (env: Variables): string[] =>
  env['OUTBOX'] === 'false'
    ? NEED_EVENTS.filter((name) => env[name] !== undefined).map((name) => `${name} has no effect with OUTBOX=false`)
    : []
