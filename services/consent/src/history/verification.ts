// Verifies the history of a user: every entry, its place, its details, both ends, and what it says about the current consents.
import type { MacKeys } from '@postern/service/mac-keys'
import { commitmentTo } from './commitment.js'
import type { ChainEnd, Entry, EventType } from './entry.js'
import { damagedEntryMac, entryMac, type HeadContent, headMac } from './macs.js'

export interface Head extends HeadContent {
  readonly keyId: string
  readonly mac: string
}

/** What the table of current consents says, as far as the history says it too. */
export interface CurrentConsent {
  readonly purpose: string
  readonly state: EventType
  /** Of the last entry about it. */
  readonly sequence: number
  readonly id: string
  readonly scopes: readonly string[]
  readonly textVersion: number
  readonly expiresAt: Date
}

export type Problem =
  'ENTRY_CHANGED' | 'ENTRY_MISSING' | 'DETAILS_CHANGED' | 'HEAD_CHANGED' | 'STATE_CHANGED' | 'KEY_MISSING'

export interface Finding {
  readonly problem: Problem
  /** Null if it belongs to no entry. */
  readonly sequence: number | null
}

export interface HistoryVerifier {
  /** Takes the next entries, in their order. */
  add(entries: readonly Entry[]): void
  /** After all entries. The first problem, or null. */
  finish(current: readonly CurrentConsent[]): Finding | null
  readonly entries: number
  readonly erasedDetails: number
}

/** For a history that is read in parts. It keeps the last entry of each purpose, and the first problem. */
export function createHistoryVerifier(keys: MacKeys, head: Head): HistoryVerifier {
  const lastOf = new Map<string, Entry>()
  let previous: ChainEnd = head.retired
  let found: Finding | null = problemOfHead(keys, head)
  let entries = 0
  let erasedDetails = 0

  function problemOf(entry: Entry): Problem | null {
    if (entry.sequence !== previous.sequence + 1)
      return entry.sequence > previous.sequence + 1 ? 'ENTRY_MISSING' : 'ENTRY_CHANGED'
    const expected = entryMac(keys, entry.keyId, head.userId, previous, entry)
    if (expected === null) return 'KEY_MISSING'
    if (expected !== entry.mac) {
      const damaged = damagedEntryMac(keys, entry.keyId, head.userId, previous, entry)
      return damaged === entry.mac ? 'HEAD_CHANGED' : 'ENTRY_CHANGED'
    }
    return hasItsDetails(entry) ? null : 'DETAILS_CHANGED'
  }

  /** They are there, or were erased, or never existed. */
  function hasItsDetails({ sequence, commitment, details }: Entry): boolean {
    if (commitment === null) return details === null
    if (details) return commitmentTo(details) === commitment
    return sequence <= head.erasedThrough
  }

  return {
    add(some) {
      for (const entry of some) {
        if (found) return
        const problem = problemOf(entry)
        if (problem) found = { problem, sequence: entry.sequence }
        entries += 1
        if (entry.commitment !== null && entry.details === null) erasedDetails += 1
        lastOf.set(entry.purpose, entry)
        previous = entry
      }
    },

    finish(current) {
      if (found) return found
      if (previous.sequence < head.last.sequence) return { problem: 'ENTRY_MISSING', sequence: previous.sequence + 1 }
      if (previous.sequence !== head.last.sequence || previous.mac !== head.last.mac)
        return { problem: 'HEAD_CHANGED', sequence: null }
      return problemOfState(head, lastOf, current)
    },

    get entries() {
      return entries
    },

    get erasedDetails() {
      return erasedDetails
    },
  }
}

function problemOfHead(keys: MacKeys, head: Head): Finding | null {
  const expected = headMac(keys, head.keyId, head)
  if (expected === null) return { problem: 'KEY_MISSING', sequence: null }
  return expected === head.mac ? null : { problem: 'HEAD_CHANGED', sequence: null }
}

/** Of a user who was deleted, the history stays, and there are no current consents. */
function problemOfState(
  head: Head,
  lastOf: ReadonlyMap<string, Entry>,
  current: readonly CurrentConsent[],
): Finding | null {
  const expected = head.erasedAt === null ? lastOf : new Map<string, Entry>()
  for (const consent of current) {
    const entry = expected.get(consent.purpose)
    if (!entry || !isSame(consent, entry)) return { problem: 'STATE_CHANGED', sequence: consent.sequence }
  }
  const purposes = new Set(current.map(({ purpose }) => purpose))
  for (const [purpose, { sequence }] of expected)
    if (!purposes.has(purpose)) return { problem: 'STATE_CHANGED', sequence }
  return null
}

const isSame = (consent: CurrentConsent, entry: Entry): boolean =>
  consent.sequence === entry.sequence &&
  consent.state === entry.type &&
  consent.id === entry.consentId &&
  consent.textVersion === entry.textVersion &&
  consent.expiresAt.getTime() === entry.expiresAt.getTime() &&
  consent.scopes.join(' ') === entry.scopes.join(' ')
