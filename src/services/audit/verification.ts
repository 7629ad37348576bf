// Verifies the audit log: every entry, its place in the chain and its seal, from the anchor to the head.
import type { Anchor, AuditChainRepository, ChainEnd, SealedEntry } from '../../repositories/audit/chain.js'
import { commitmentTo } from './details.js'
import type { AuditKeys } from './keys.js'
import { anchorMac, forgedSealOf, sealOf } from './seals.js'

const BATCH = 1000

export interface Verification {
  /** What is wrong first, with its position; null if nothing is. */
  problem: { position: number; text: string } | null
  /** How many entries were verified. */
  entries: number
  /** How many of them have no details any more. */
  erased: number
  /** The last position that was deleted because of its age. 0 if none was. */
  anchor: number
  head: ChainEnd
  /** Entries without a seal, and how old the oldest of them is. */
  waiting: { count: number; seconds: number }
}

export type AuditVerification = ReturnType<typeof createAuditVerification>

export function createAuditVerification(chain: AuditChainRepository, keys: AuditKeys) {
  function problemOfAnchor(anchor: Anchor): string | null {
    if (anchor.position === 0) return null
    const expected = anchorMac(keys, anchor.keyId, anchor)
    if (expected === null) return `The anchor was written with a key that is not configured (${anchor.keyId}).`
    return expected === anchor.mac ? null : 'The anchor is not genuine: the oldest entries may have been removed.'
  }

  function problemOfEntry(previous: ChainEnd, entry: SealedEntry): string | null {
    const expected = sealOf(keys, entry.keyId, previous, entry)
    if (expected === null) return `The entry was sealed with a key that is not configured (${entry.keyId}).`
    if (expected !== entry.seal)
      return forgedSealOf(keys, entry.keyId, previous, entry) === entry.seal
        ? 'The entry was not written by the service, or was changed before it was sealed.'
        : 'The entry was changed, moved or inserted.'
    if (entry.details && commitmentTo(entry.details) !== entry.commitment) return 'The details were changed.'
    return null
  }

  /** `noted`: an end of the chain that was written down elsewhere. Rejects if MySQL is unavailable. */
  async function verify(noted: ChainEnd | null = null): Promise<Verification> {
    const { anchor } = await chain.read()
    let [previous, entries, erased]: [ChainEnd, number, number] = [anchor, 0, 0]
    const finish = async (problem: Verification['problem']): Promise<Verification> => {
      const waiting = await chain.waiting()
      return { problem, entries, erased, anchor: anchor.position, head: previous, waiting }
    }
    const fail = (text: string, position = previous.position + 1) => finish({ position, text })

    const anchorProblem = problemOfAnchor(anchor)
    if (anchorProblem) return fail(anchorProblem, anchor.position)
    if (noted && noted.position < anchor.position)
      return fail('The entry at this position was deleted because of its age: note a newer head.', noted.position)
    const differs = (end: ChainEnd) => noted?.position === end.position && noted.seal !== end.seal
    if (differs(anchor)) return fail('The seal is not the one that was noted.', anchor.position)

    for (;;) {
      const batch = await chain.sealedAfter(previous.position, BATCH)
      for (const entry of batch) {
        if (entry.position !== previous.position + 1) {
          // The oldest entries may have been deleted because of their age since this began.
          if ((await chain.read()).anchor.position > previous.position) return verify(noted)
          return fail('The entry is missing.')
        }
        const problem = problemOfEntry(previous, entry)
        if (problem) return fail(problem)
        if (differs(entry)) return fail('The seal is not the one that was noted.')
        entries += 1
        if (entry.commitment !== null && !entry.details) erased += 1
        previous = { position: entry.position, seal: entry.seal }
      }
      // New entries may have been sealed since: the end is where both numbers agree.
      if (batch.length === BATCH) continue
      const { head, last } = await chain.read()
      if (head.position !== last && Math.max(last, head.position) >= previous.position)
        return fail(
          last < head.position
            ? `The end is missing: the last entry should be at position ${head.position}.`
            : `There are entries after the last position, ${head.position}.`,
          Math.min(last, head.position) + 1,
        )
      if (last > previous.position) continue
      if (head.seal !== previous.seal) return fail('The recorded head is not the last entry.', head.position)
      break
    }
    if (noted && noted.position > previous.position)
      return fail(`The end is missing: the noted position is ${noted.position}.`)
    return finish(null)
  }

  return verify
}
