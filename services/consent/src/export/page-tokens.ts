// The token of the next page of an export. Only the page before has it, so whoever sends it has begun that export.
import { timingSafeEqual } from 'node:crypto'
import type { Caller } from '@postern/service/callers/caller'
import type { MacKeys } from '@postern/service/mac-keys'
import type { Place } from './exporting.js'

/** How long a page may take to be read. */
const LIFE_SECONDS = 900

const TOKEN = /^(\d{1,15})-(\d{1,15})-(\d{1,11})-([\da-f]{8})-([\da-f]{64})$/

/** Whose export it is, and what of. */
export interface Exported {
  readonly caller: Caller
  readonly userId: string
  /** The extension of the file. */
  readonly format: string
}

const nameOf = (caller: Caller): string => (caller.kind === 'user' ? caller.userId : `service:${caller.name}`)

export type PageTokens = ReturnType<typeof createPageTokens>

export function createPageTokens(keys: MacKeys, now: () => number = () => Math.floor(Date.now() / 1000)) {
  const macOf = (keyId: string, { caller, userId, format }: Exported, { after, through }: Place, until: number) =>
    keys.mac(
      keyId,
      JSON.stringify(['postern consent export page v1', keyId, nameOf(caller), userId, format, after, through, until]),
    )

  return {
    write(exported: Exported, place: Place): string {
      const [keyId, until] = [keys.currentId, now() + LIFE_SECONDS]
      return [place.after, place.through, until, keyId, macOf(keyId, exported, place, until) ?? ''].join('-')
    },

    /** Null for the token of another export, or one that is too old. */
    read(exported: Exported, token: string): Place | null {
      const [, after, through, until, keyId = '', mac = ''] = TOKEN.exec(token) ?? []
      const place = { after: Number(after), through: Number(through) }
      const expected = macOf(keyId, exported, place, Number(until))
      if (expected === null || Number(until) < now()) return null
      return timingSafeEqual(Buffer.from(mac), Buffer.from(expected)) ? place : null
    },
  }
}
