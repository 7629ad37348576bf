// The keys of a browser that has subscribed, and those of the sender.
import { createECDH, randomBytes } from 'node:crypto'
import { readVapidKey } from '../../src/channels/web-push/vapid.js'

export const VAPID = readVapidKey(Buffer.alloc(32, 7).toString('base64url'))

export function browserKeys() {
  const ecdh = createECDH('prime256v1')
  const p256dh = ecdh.generateKeys()
  const auth = randomBytes(16)
  return { ecdh, keys: { p256dh, auth } }
}
