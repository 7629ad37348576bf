// Records that consents have expired. They are not valid from that moment on, recorded or not.
import { forEachUser } from '@postern/service/each-user'
import type { Chains } from '../history/chains.js'
import type { Origin, RecordChange } from './changes.js'
import type { StoredConsents } from './stored-consents.js'

const ORIGIN: Origin = { recordedBy: 'system', source: 'expiry', details: null }

/** Every process may run it: the lock of a history lets one of them record an end. */
export function createExpiry({
  chains,
  consents,
  record,
}: {
  chains: Chains
  consents: StoredConsents
  record: RecordChange
}) {
  const recordOf = (userId: string): Promise<number> =>
    chains.change({ userId, create: false }, async (tx, chain) => {
      if (!chain) return 0
      const { now, consents: all } = await consents.listLocked(tx, userId)
      const over = all.filter(({ state, expiresAt }) => state === 'GRANTED' && expiresAt <= now)
      for (const consent of over)
        await record(tx, chain, { consent: { ...consent, state: 'EXPIRED' }, at: now, origin: ORIGIN })
      return over.length
    })

  /** Returns how many ends it has recorded. Consents without a history are left: only a verification can explain them. */
  return (stopping?: AbortSignal): Promise<number> =>
    forEachUser((after, limit) => consents.usersWithOver(after, limit), recordOf, stopping)
}
