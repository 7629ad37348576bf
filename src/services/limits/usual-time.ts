// How long something usually takes: the median of its last durations.

/** Few enough to follow a change within minutes, enough that single slow ones do not matter. */
const KEPT = 101

/** In milliseconds. `initial`: as long as nothing was measured. */
export function createUsualTime(initial: number) {
  const durations: number[] = []
  let next = 0

  return {
    add(milliseconds: number): void {
      durations[next] = milliseconds
      next = (next + 1) % KEPT
    },

    median: (): number => durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 2)] ?? initial,
  }
}
