// What a browser hands over when it subscribes: where its push service is, and the keys to encrypt for it.
import { z } from 'zod'
import { AUTH_BYTES, isPublicKey, type SubscriptionKeys } from './encryption.js'

export interface Subscription {
  endpoint: string
  keys: SubscriptionKeys
}

/** As it is stored: the keys in base64url. */
export interface StoredSubscription {
  endpoint: string
  p256dh: string
  auth: string
}

export function readSubscription(stored: unknown): Subscription {
  const { endpoint, p256dh, auth } = stored as StoredSubscription
  return { endpoint, keys: { p256dh: Buffer.from(p256dh, 'base64url'), auth: Buffer.from(auth, 'base64url') } }
}

/** As `PushSubscription.toJSON` has it. Browsers write base64url without padding. */
const BASE64URL = /^[\w-]+$/

const bytes = (isValid: (key: Uint8Array) => boolean, message: string) =>
  z
    .string()
    .max(200)
    .regex(BASE64URL, 'must be base64url, as PushSubscription.toJSON has it')
    .refine((text) => isValid(Buffer.from(text, 'base64url')), message)

/** `endpointProblem`: what is wrong with a URL, as the end of a sentence about it, or null. */
export const subscriptionInput = (endpointProblem: (endpoint: string) => string | null) =>
  z.object({
    endpoint: z.string().superRefine((endpoint, context) => {
      const problem = endpointProblem(endpoint)
      if (problem !== null) context.addIssue(problem)
    }),
    p256dh: bytes(isPublicKey, 'must be an uncompressed point of P-256'),
    auth: bytes((key) => key.length === AUTH_BYTES, `must have ${AUTH_BYTES} bytes`),
  })
