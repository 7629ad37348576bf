// The table of credentials: the hashes of passwords.
import { v7 as uuidv7 } from 'uuid'
import type { Read } from '../database/reads.js'
import type { Tx } from '../database/transactions.js'

export type CredentialRepository = ReturnType<typeof createCredentialRepository>

/** A sample reads this many rows, at this many points of the time between the first and the last account. */
const SAMPLE = { points: 32, rowsPerPoint: 32 }

export function createCredentialRepository(read: Read) {
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

    /**
     * How many hashes have which parameters, such as `$argon2id$v=19$m=19456,t=2,p=1`. Reads at most 1,024 rows, spread
     * over the ids, which begin with the time of creation.
     */
    async sampleCosts(): Promise<Map<string, number>> {
      const [bounds] = await read<{ first: string | null; last: string | null }>(
        'SELECT MIN(id) AS first, MAX(id) AS last FROM credentials',
        [],
      )
      if (bounds?.first == null || bounds.last === null) return new Map()
      const [first, last] = [timeOf(bounds.first), timeOf(bounds.last)]
      const starts = Array.from({ length: SAMPLE.points }, (_, i) => first + ((last - first) * i) / SAMPLE.points)
      const rows = await read<{ cost: string; count: string | number }>(
        `SELECT SUBSTRING_INDEX(secret, '$', 4) AS cost, COUNT(*) AS count FROM (
           ${starts.map(() => `(SELECT id, secret FROM credentials WHERE kind = 'PASSWORD' AND id >= ? ORDER BY id LIMIT ${SAMPLE.rowsPerPoint})`).join(' UNION ')}
         ) AS sample GROUP BY cost`,
        starts.map(idAt),
      )
      return new Map(rows.map(({ cost, count }) => [cost, Number(count)]))
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

/** The first 48 bits of a UUID of version 7 are its time, in Unix milliseconds. */
const timeOf = (id: string): number => Number.parseInt(id.replace('-', '').slice(0, 12), 16)

function idAt(time: number): string {
  const hex = Math.floor(time).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
