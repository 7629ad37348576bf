// The variables of webhooks.
import { z } from 'zod'
import { count, list, secret, seconds } from '@postern/service/values'

export const webhookVariables = z.object({
  WEBHOOK_KEY: secret.optional(),
  /** Only to decrypt secrets that they have encrypted. */
  WEBHOOK_KEY_PREVIOUS: list.refine(
    (keys) => keys.every((key) => Buffer.byteLength(key) >= 32),
    'must be earlier values of WEBHOOK_KEY, separated by commas; each is at least 32 bytes long',
  ),
  WEBHOOK_RATE: count(60, 6, 6000, ' requests per minute'),
  // Longer than the attempts of a delivery take.
  WEBHOOK_RETENTION: seconds(604_800, 2 * 86_400),
})
