// What channels send, encrypted while it waits: texts can have codes and links that sign in.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createKeyRing, deriveKey } from '@postern/service/sealing'
import type { Content } from '../channels/channel.js'

export interface StoredMessage {
  content: Content
  /** The address that the sender gave. */
  address: string | null
  /** Of a mail to that address: the key of the sender, which names it for mail programs. */
  mailKey: string | null
}

export type MessageVault = ReturnType<typeof createMessageVault>

/** `previous` keys only open. */
export function createMessageVault(current: string, previous: readonly string[]) {
  const ring = createKeyRing('postern notification message v1', current, previous)
  const [fingerprintKey, ...earlierKeys] = [current, ...previous].map((key) =>
    deriveKey(key, 'postern notification fingerprint v1'),
  )

  return {
    /** It can't be opened for another notification. */
    seal: (message: StoredMessage, notificationId: string): string =>
      ring.seal(Buffer.from(JSON.stringify(message)), notificationId),

    /** Null if the key is unknown, or if something else has changed what is stored. */
    open(sealed: string, notificationId: string): StoredMessage | null {
      const opened = ring.open(sealed, notificationId)
      return opened && (JSON.parse(opened.toString()) as StoredMessage)
    },

    /** Tells whether two requests are the same. Keyed: a request can contain a code of few digits. */
    fingerprint: (request: string): Buffer => fingerprintOf(fingerprintKey, request),

    isFingerprint: (fingerprint: Uint8Array, request: string): boolean =>
      [fingerprintKey, ...earlierKeys].some((key) => timingSafeEqual(fingerprintOf(key, request), fingerprint)),
  }
}

const fingerprintOf = (key: ReturnType<typeof deriveKey> | undefined, request: string): Buffer =>
  createHmac('sha256', key ?? '')
    .update(request)
    .digest()
