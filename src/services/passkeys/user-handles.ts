// The name by which authenticators know a user: the same for all passkeys of an account, and of no use to anyone else.
import { createHmac } from 'node:crypto'
import { deriveKey } from '@postern/service/sealing'

export type UserHandles = ReturnType<typeof createUserHandles>

export function createUserHandles(refreshKey: string) {
  const key = deriveKey(refreshKey, 'postern passkey user handle v1')
  return {
    /**
     * That of the user's passkeys, or else a new one: it follows from the id, so that two devices which add the first
     * passkeys at once use the same. With another REFRESH_KEY it would be another one, so each passkey's is stored.
     */
    of: (userId: string, existing: readonly { userHandle: Uint8Array }[]): Uint8Array<ArrayBuffer> =>
      Uint8Array.from(existing[0]?.userHandle ?? createHmac('sha256', key).update(userId).digest()),
  }
}
