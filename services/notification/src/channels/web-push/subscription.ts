// What a browser hands over when it subscribes: where its push service is, and the keys to encrypt for it.
import { z } from 'zod'
import { AUTH_BYTES, isPublicKey } from './encryption.js'

export interface Subscription {
  endpoint: string
  keys: { p256dh: Uint8Array; auth: Uint8Array }
}

/** As `PushSubscription.toJSON` has it. Browsers write base64url without padding. */
const BASE64URL = /^[\w-]+$/

const bytes = z
  .string()
  .max(200)
  .regex(BASE64URL, 'must be base64url, as PushSubscription.toJSON has it')
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64url')))

/** `endpointProblem`: what is wrong with a URL, as the end of a sentence about it, or null. */
export const subscriptionInput = (endpointProblem: (endpoint: string) => string | null) =>
  z.object({
    endpoint: z.string().superRefine((endpoint, context) => {
      const problem = endpointProblem(endpoint)
      if (problem !== null) context.addIssue(problem)
    }),
    p256dh: bytes.refine(isPublicKey, 'must be an uncompressed point of P-256'),
    auth: bytes.refine((key) => key.length === AUTH_BYTES, `must have ${AUTH_BYTES} bytes`),
  })
