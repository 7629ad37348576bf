// Verifies the history of a user as it is stored.
import type { MacKeys } from '@postern/service/mac-keys'
import type { Entry } from './entry.js'
import type { Histories, StoredState } from './histories.js'
import { createHistoryVerifier, type Finding } from './verification.js'

const BATCH = 500

/** A history can change while it is read: then it is read again. */
const ATTEMPTS = 3

export interface VerifiedHistory {
  /** Null: it is intact. */
  readonly finding: Finding | null
  readonly entries: number
  readonly retiredEntries: number
  readonly erasedDetails: number
}

/** Reads in parts, so that a long history takes little memory. */
export const createHistoryVerification = (histories: Histories, keys: MacKeys) =>
  async function verify(userId: string, attempt = 1): Promise<VerifiedHistory> {
    const state = await histories.state(userId)
    if (!state) return withoutHead(await histories.hasAny(userId))
    const verified = await read(histories, keys, state)
    if (!verified.finding || attempt === ATTEMPTS) return verified
    // Entries are only appended, so a finding is real unless an erasure or the retention came in between.
    const now = await histories.state(userId)
    return now?.head.mac === state.head.mac ? verified : verify(userId, attempt + 1)
  }

export type VerifyHistory = ReturnType<typeof createHistoryVerification>

async function read(
  histories: Histories,
  keys: MacKeys,
  { head, current, newest }: StoredState,
): Promise<VerifiedHistory> {
  const { userId, last, retired } = head
  const verifier = createHistoryVerifier(keys, head)
  for (let after = retired.sequence; after < last.sequence;) {
    const entries = await histories.between(userId, after, last.sequence, BATCH)
    verifier.add(entries)
    after = entries.length < BATCH ? last.sequence : (entries.at(-1) as Entry).sequence
  }
  const added: Finding | null =
    newest > last.sequence ? { problem: 'ENTRY_CHANGED', sequence: last.sequence + 1 } : null
  const finding = verifier.finish(current) ?? added
  const { entries, erasedDetails } = verifier
  return { finding, entries, erasedDetails, retiredEntries: retired.sequence }
}

/** Whoever has removed the head has left the rest. */
const withoutHead = (hasAny: boolean): VerifiedHistory => ({
  finding: hasAny ? { problem: 'HEAD_CHANGED', sequence: null } : null,
  ...{ entries: 0, retiredEntries: 0, erasedDetails: 0 },
})
