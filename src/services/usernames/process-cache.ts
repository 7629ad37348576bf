import type { CachedReason } from '../../repositories/usernames/username-cache.js'

export type ProcessCache = ReturnType<typeof createProcessCache>

/**
 * Remembers in this process, for at most `life` milliseconds, names found unavailable, and why. Two maps, of which the
 * older is thrown away as a whole, forget without a timer or a list: that would cost more than what is remembered. `size`
 * bounds each of them. `now` in milliseconds, from a clock that never goes back.
 */
export function createProcessCache({ life, size, now }: { life: number; size: number; now: () => number }) {
  let young = new Map<string, CachedReason>()
  let old = new Map<string, CachedReason>()
  let turned = now()

  function turn(): void {
    const age = now() - turned
    if (age < life / 2 && young.size < size) return
    old = age < life ? young : new Map<string, CachedReason>()
    young = new Map()
    turned += age
  }

  return {
    reasonOf(name: string): CachedReason | undefined {
      turn()
      return young.get(name) ?? old.get(name)
    },
    add(name: string, reason: CachedReason): void {
      turn()
      young.set(name, reason)
    },
    /** Of a name that is remembered: it is unavailable for another reason now. */
    correct(name: string, reason: CachedReason): void {
      if (young.has(name) || old.has(name)) young.set(name, reason)
    },
  }
}
