// Deletes what is older than the retention, and keeps an anchor, so that the rest of each history verifies.
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import { forEachUser, STEPS_PER_RUN } from '@postern/service/each-user'
import type { Chains, OpenChain } from '../history/chains.js'
import type { StoredConsents } from './stored-consents.js'

const USERS = `SELECT user_id AS userId FROM (
    SELECT user_id FROM consent_history WHERE at < UTC_TIMESTAMP(3) - INTERVAL ? YEAR AND user_id > ?
    UNION
    SELECT user_id FROM consent_chains WHERE erased_at < UTC_TIMESTAMP(3) - INTERVAL ? YEAR AND user_id > ?
  ) old ORDER BY user_id LIMIT ?`

/** Entries of a transaction: a history can be of any length, and a transaction must end before its time is over. */
const STEP = 1000

/** The last entry of a part that can go: all up to it are old, and no consent that is granted rests on one of them. */
const LAST = `SELECT e.sequence, e.mac FROM consent_history e WHERE e.user_id = ? AND e.sequence > ? AND e.sequence <= ?
    AND e.sequence < COALESCE((SELECT MIN(c.sequence) FROM consents c WHERE c.user_id = ? AND c.state = 'GRANTED'), ~0)
    AND e.sequence < COALESCE((SELECT MIN(n.sequence) FROM consent_history n WHERE n.user_id = ? AND n.sequence > ?
      AND n.sequence <= ? AND n.at >= UTC_TIMESTAMP(3) - INTERVAL ? YEAR), ~0)
  ORDER BY e.sequence DESC LIMIT 1`

const IS_OVER = `SELECT 1 FROM consent_chains WHERE user_id = ?
  AND (erased_at IS NULL OR erased_at < UTC_TIMESTAMP(3) - INTERVAL ? YEAR)`

export interface RetentionEvents {
  /** A head that someone without the key has changed is evidence: nothing behind it is deleted. */
  onDamaged: (userId: string) => void
}

export function createRetention({
  chains,
  consents,
  read,
  years,
  onDamaged,
  step = STEP,
  steps = STEPS_PER_RUN,
}: {
  chains: Chains
  consents: StoredConsents
  read: Read
  years: number
  step?: number
  steps?: number
} & RetentionEvents) {
  async function retire(tx: Statements, userId: string, sequence: number): Promise<void> {
    const through = [userId, String(sequence)]
    await consents.deleteThrough(tx, userId, sequence)
    await tx.write('DELETE FROM consent_details WHERE user_id = ? AND sequence <= ?', through)
    // Before the entries: the trigger that protects them looks at it.
    await tx.write('UPDATE consent_chains SET retired_sequence = ? WHERE user_id = ?', through.toReversed())
    await tx.write('DELETE FROM consent_history WHERE user_id = ? AND sequence <= ?', through)
  }

  /** That a user was deleted is known as long as an entry would be. */
  async function forgetIfOver(tx: Statements, chain: OpenChain): Promise<void> {
    const { userId, last, retired } = chain.head
    if (retired.sequence < last.sequence) return
    if ((await tx.select(IS_OVER, [userId, years])).length > 0) chain.forget()
  }

  /** One step: the anchor moves with what is deleted, so the history verifies after it. Returns how many entries it has deleted. */
  const retireSome = (userId: string): Promise<number> =>
    chains.change({ userId, create: false }, async (tx, chain) => {
      if (!chain) return 0
      if (!chain.isGenuine) {
        onDamaged(userId)
        return 0
      }
      const before = chain.head.retired.sequence
      const part = [userId, String(before), String(before + step)]
      const [last] = await tx.select<{ sequence: string | number; mac: string }>(LAST, [
        ...part,
        userId,
        ...part,
        years,
      ])
      if (last) {
        const through = { sequence: Number(last.sequence), mac: last.mac }
        await retire(tx, userId, through.sequence)
        chain.update({ retired: through })
      }
      await forgetIfOver(tx, chain)
      return chain.head.retired.sequence - before
    })

  /** The process may end after each step. The next run goes on from there. */
  async function retireOf(userId: string, stopping?: AbortSignal): Promise<number> {
    let sum = 0
    for (let done = 0; done < steps && !stopping?.aborted; done++) {
      const deleted = await retireSome(userId)
      sum += deleted
      if (deleted < step) break
    }
    return sum
  }

  async function usersWithOld(after: string, limit: number): Promise<string[]> {
    const rows = await read<{ userId: string }>(USERS, [years, after, years, after, String(limit)])
    return rows.map(({ userId }) => userId)
  }

  /** Returns how many entries it has deleted. */
  return (stopping?: AbortSignal): Promise<number> =>
    forEachUser(usersWithOld, (userId) => retireOf(userId, stopping), stopping)
}
