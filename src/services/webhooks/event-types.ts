// The types of events that webhooks can get.
import { EVENT_TYPES } from '../events/index.js'

/** Events that only ask for a mail, or that are about webhooks, are for Postern itself. */
export const WEBHOOK_EVENT_TYPES = EVENT_TYPES.filter((type) => !/^(?:mail|webhook)\./.test(type))
