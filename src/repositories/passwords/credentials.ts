// The table of credentials: the hashes of passwords.
import { v7 as uuidv7 } from 'uuid'
import type { Tx } from '../database/transactions.js'

export type CredentialRepository = ReturnType<typeof createCredentialRepository>

export function createCredentialRepository() {
  return {
    async insertPassword(tx: Tx, password: { userId: string; hash: string; now: Date }): Promise<void> {
      const { userId, hash, now } = password
      await tx.credential.createMany({
        data: {
          id: uuidv7(),
          userId,
          kind: 'PASSWORD',
          identifier: userId,
          secret: hash,
          createdAt: now,
          updatedAt: now,
        },
      })
    },

    /** Replaces the hash that was verified and no other. Returns false if the stored hash has changed. */
    async replacePassword(
      tx: Tx,
      change: { userId: string; verifiedHash: string; hash: string; now: Date },
    ): Promise<boolean> {
      const { count } = await tx.credential.updateMany({
        where: { kind: 'PASSWORD', identifier: change.userId, secret: change.verifiedHash },
        data: { secret: change.hash, updatedAt: change.now },
      })
      return count === 1
    },
  }
}
