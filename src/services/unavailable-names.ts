export type UnavailableNames = ReturnType<typeof createUnavailableNames>

/**
 * Remembers in this process, for at most `life` milliseconds, names found unavailable. Two sets, of which the older is
 * thrown away as a whole, forget without a timer or a list: that would cost more than what is remembered. `size` bounds
 * each of them. `now` in milliseconds, from a clock that never goes back.
 */
export function createUnavailableNames({ life, size, now }: { life: number; size: number; now: () => number }) {
  let young = new Set<string>()
  let old = new Set<string>()
  let turned = now()

  function turn(): void {
    const age = now() - turned
    if (age < life / 2 && young.size < size) return
    old = age < life ? young : new Set()
    young = new Set()
    turned += age
  }

  return {
    has(name: string): boolean {
      turn()
      return young.has(name) || old.has(name)
    },
    add(name: string): void {
      turn()
      young.add(name)
    },
  }
}
