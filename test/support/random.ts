// Random numbers that a seed decides, so that a failed case can be repeated.

export type Random = ReturnType<typeof createRandom>

/** Mulberry32. */
export function createRandom(seed: number) {
  let state = seed
  const below = (n: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
  const pick = <T>(...options: T[]): T => options[below(options.length)] as T
  return { below, pick, oneIn: (n: number): boolean => below(n) === 0 }
}
