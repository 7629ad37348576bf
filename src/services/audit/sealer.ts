// The sealer: gives committed entries their place in the chain, and the seal that covers it.
import type { AuditChainRepository, ChainEnd, NewSeal, UnsealedEntry } from '../../repositories/audit/chain.js'
import type { AuditKeys } from './keys.js'
import { forgedSealOf, isGenuine, sealOf } from './seals.js'

const BATCH = 500

export interface SealerEvents {
  /** Called with the end of the chain after entries were sealed. */
  onSealed: (head: ChainEnd) => void
  /** Called if the end of the chain is before one that this process has seen: entries were removed. */
  onRollback: (seen: ChainEnd, found: ChainEnd) => void
  /** Called with the position of an entry that the service has not written, or that was changed before it was sealed. */
  onForged: (position: number) => void
}

/**
 * Every process tries; the lock of one row lets one of them seal at a time. The order of the chain is the order of sealing:
 * a transaction that commits late gets a later place than its id has. A round is one transaction, so a process that dies
 * leaves no gap.
 */
export function createSealer(
  chain: AuditChainRepository,
  keys: AuditKeys,
  { onSealed, onRollback, onForged }: SealerEvents,
) {
  let seen: ChainEnd = { position: 0, seal: '' }
  let hasRead = false

  function sealsOf(head: ChainEnd, entries: readonly UnsealedEntry[]): (NewSeal & { isForged: boolean })[] {
    let previous = head
    return entries.map((entry) => {
      const isForged = !isGenuine(keys, entry)
      const seal = (isForged ? forgedSealOf : sealOf)(keys, keys.currentId, previous, entry) ?? ''
      previous = { position: previous.position + 1, seal }
      return { id: entry.id, isForged, ...previous }
    })
  }

  function notice(head: ChainEnd): void {
    const isOlder = head.position < seen.position
    const isOther = head.position === seen.position && head.seal !== seen.seal
    if (isOlder || isOther) onRollback(seen, head)
    seen = head
  }

  /** Returns how many entries it sealed: fewer than a batch if there are no more, or another process seals. */
  async function round(): Promise<number> {
    const sealed = await chain.change(async (tx, { head }) => {
      const entries = await chain.unsealed(tx, keys.ids, BATCH)
      const seals = sealsOf(head, entries)
      if (seals.length > 0) await chain.writeSeals(tx, seals, keys.currentId)
      return { head, seals }
    })
    if (!sealed) return 0
    notice(sealed.head)
    const last = sealed.seals.at(-1)
    if (!last) return 0
    seen = { position: last.position, seal: last.seal }
    onSealed(seen)
    for (const { position, isForged } of sealed.seals) if (isForged) onForged(position)
    return sealed.seals.length
  }

  return {
    /** The last end of the chain that this process knows. */
    head: (): ChainEnd => seen,

    /** Seals what is committed. Rejects if MySQL is unavailable. */
    async step(): Promise<void> {
      if (!hasRead) seen = (await chain.read()).head
      hasRead = true
      if (!(await chain.isWaiting(keys.ids))) return
      while ((await round()) === BATCH);
    },
  }
}
