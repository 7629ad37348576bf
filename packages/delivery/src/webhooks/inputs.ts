// The rules for what people enter about webhooks. Which types of events there are, and where a URL may lead, is checked later.
import { line, text } from '@postern/service/input/text-rules'
import { z } from 'zod'

const DESCRIPTION_LENGTH = 255

const description = line(DESCRIPTION_LENGTH).nullish()

const eventTypes = z
  .array(text)
  .min(1, 'must name at least one type, or be absent for all')
  .max(100, 'must name at most 100 types')
  .nullish()

const moment = z
  .date()
  .refine((value) => value.getUTCFullYear() >= 1970 && value.getUTCFullYear() <= 9999, 'must be between 1970 and 9999')

export const webhookRules = {
  register: z.object({ url: text, description, eventTypes, enabled: z.boolean() }),
  update: z.object({
    url: text.optional(),
    description,
    eventTypes,
    enabled: z.boolean('must be true or false').optional(),
  }),
  replayFailed: z.object({ since: moment }),
}
