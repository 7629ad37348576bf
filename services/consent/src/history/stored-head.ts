// The head of a history as a row.
import type { MacKeys } from '@postern/service/mac-keys'
import { type HeadContent, headMac } from './macs.js'
import type { Head } from './verification.js'

export const HEAD_COLUMNS = `h.user_id AS userId, h.sequence, h.last_mac AS lastMac, h.retired_sequence AS retiredSequence,
  h.retired_mac AS retiredMac, h.erased_through AS erasedThrough, h.erased_at AS erasedAt, h.key_id AS keyId, h.mac`

export interface HeadRow {
  userId: string
  sequence: string | number
  lastMac: string
  retiredSequence: string | number
  retiredMac: string
  erasedThrough: string | number
  erasedAt: Date | null
  keyId: string
  mac: string
}

export const toHead = (row: HeadRow): Head => ({
  userId: row.userId,
  last: { sequence: Number(row.sequence), mac: row.lastMac },
  retired: { sequence: Number(row.retiredSequence), mac: row.retiredMac },
  erasedThrough: Number(row.erasedThrough),
  erasedAt: row.erasedAt,
  keyId: row.keyId,
  mac: row.mac,
})

const NOTHING = { sequence: 0, mac: '' }

/** Of a user without a history. */
export const emptyHead = (userId: string): HeadContent => ({
  ...{ userId, last: NOTHING, retired: NOTHING, erasedThrough: 0, erasedAt: null },
})

/** With the current key. */
export function sealed(keys: MacKeys, head: HeadContent): Head {
  const keyId = keys.currentId
  return { ...head, keyId, mac: headMac(keys, keyId, head) ?? '' }
}

/** `unknown`: its key is not configured, so this process can't tell. */
export function genuineness(keys: MacKeys, head: Head): 'genuine' | 'damaged' | 'unknown' {
  const expected = headMac(keys, head.keyId, head)
  if (expected === null) return 'unknown'
  return expected === head.mac ? 'genuine' : 'damaged'
}
