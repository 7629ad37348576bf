// When each key signs, and when no valid token needs it anymore.
import { addSeconds } from '@postern/service/clock'

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
  /** When the last token that it can have signed has expired everywhere. Null while it has no successor. */
  retiresAt: Date | null
}

/** The keys in the order in which they sign. Each signs until its successor is active, and is published until it retires. */
export function schedule<Key extends Timed>(keys: readonly Key[], { ttl, clockSkew }: TokenLife): Scheduled<Key>[] {
  const ordered = keys.toSorted((a, b) => a.activeFrom.getTime() - b.activeFrom.getTime() || (a.kid < b.kid ? -1 : 1))
  // Tokens that were issued with another ACCESS_TOKEN_TTL may still be valid.
  const longestLife = Math.max(ttl, ...keys.map((key) => key.tokenTtl))
  return ordered.map((key, i) => {
    const successor = ordered[i + 1]
    return { ...key, retiresAt: successor ? addSeconds(successor.activeFrom, longestLife + clockSkew) : null }
  })
}

/** The newest active key. If none is active yet, the first one. */
export const signingKey = <Key extends Timed>(scheduled: readonly Scheduled<Key>[], now: Date) =>
  scheduled.findLast((key) => key.activeFrom <= now) ?? scheduled[0]

export const isRetired = ({ retiresAt }: { retiresAt: Date | null }, now: Date): boolean =>
  retiresAt !== null && retiresAt <= now
