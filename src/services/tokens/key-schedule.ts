import { addSeconds } from '../../platform/clock.js'

interface Timed {
  kid: string
  activeFrom: Date
  tokenTtl: number
}

/** In seconds. */
export interface TokenLife {
  ttl: number
  clockSkew: number
}

export type Scheduled<Key extends Timed> = Key & {
  /** When the last token that it may have signed has expired everywhere. Null while no key follows it. */
  retiresAt: Date | null
}

/** The keys in the order in which they sign: each until its successor is active, published until its tokens are gone. */
export function schedule<Key extends Timed>(keys: readonly Key[], { ttl, clockSkew }: TokenLife): Scheduled<Key>[] {
  const ordered = keys.toSorted((a, b) => a.activeFrom.getTime() - b.activeFrom.getTime() || (a.kid < b.kid ? -1 : 1))
  // Tokens that were made under another ACCESS_TOKEN_TTL may still live.
  const longestLife = Math.max(ttl, ...keys.map((key) => key.tokenTtl))
  return ordered.map((key, i) => {
    const successor = ordered[i + 1]
    return { ...key, retiresAt: successor ? addSeconds(successor.activeFrom, longestLife + clockSkew) : null }
  })
}

/** The newest that is active; the first when the clock says that none is yet. */
export const signingKey = <Key extends Timed>(scheduled: readonly Scheduled<Key>[], now: Date) =>
  scheduled.findLast((key) => key.activeFrom <= now) ?? scheduled[0]

export const isRetired = ({ retiresAt }: { retiresAt: Date | null }, now: Date): boolean =>
  retiresAt !== null && retiresAt <= now
