// The rules for the inputs of webhooks.graphql, beyond the types that the SDL gives.
import { webhookRules } from '@postern/delivery/webhooks/inputs'
import { z } from 'zod'
import { pageOf } from './page-rules.js'

export const webhookInputs = {
  registerWebhook: webhookRules.register,
  updateWebhook: webhookRules.update,
  replayWebhookDeliveries: webhookRules.replayFailed,
  webhooks: pageOf({}),
  webhookDeliveries: pageOf({
    webhookId: z.string(),
    status: z.enum(['PENDING', 'DELIVERED', 'FAILED']).nullish(),
  }),
}
