// The rules for the inputs of webhooks.graphql, beyond the types that the SDL gives.
import { z } from 'zod'
import { line, text } from '@postern/service/input/text-rules'
import { pageOf } from './page-rules.js'

const DESCRIPTION_LENGTH = 255

const description = line(DESCRIPTION_LENGTH).nullish()

/** Which ones exist is checked by the service. */
const eventTypes = z
  .array(text)
  .min(1, 'must name at least one type, or be absent for all')
  .max(100, 'must name at most 100 types')
  .nullish()

const moment = z
  .date()
  .refine((value) => value.getUTCFullYear() >= 1970 && value.getUTCFullYear() <= 9999, 'must be between 1970 and 9999')

export const webhookInputs = {
  registerWebhook: z.object({ url: text, description, eventTypes, enabled: z.boolean() }),
  updateWebhook: z.object({
    url: text.optional(),
    description,
    eventTypes,
    enabled: z.boolean('must be true or false').optional(),
  }),
  replayWebhookDeliveries: z.object({ since: moment }),
  webhooks: pageOf({}),
  webhookDeliveries: pageOf({
    webhookId: z.string(),
    status: z.enum(['PENDING', 'DELIVERED', 'FAILED']).nullish(),
  }),
}
