// How much of the time of shared places the receivers of each person have taken. Whatever they got: events, tests or what is sent again.

/** A person's receivers may take so much at once … */
const BURST_MS = 5000

/** … and this part of the time after that. A receiver that answers within a second needs less for all that a person can get. */
const SHARE = 1 / 20

/** No more is remembered, so that receivers that have hung are as good as others ten minutes later. */
const MOST_MS = 30_000

/** Kept in memory, and forgotten with the process: each process has places of its own. `now`: in milliseconds. */
export function createPlaceTime(now: () => number = () => performance.now()) {
  /** By person, those whose receivers were asked last at the end. */
  const taken = new Map<string, { milliseconds: number; at: number }>()

  function takenBy(person: string): number {
    const entry = taken.get(person)
    return entry ? Math.max(0, entry.milliseconds - (now() - entry.at) * SHARE) : 0
  }

  function forgetOld(): void {
    for (const [person, { at }] of taken) {
      if (now() - at < MOST_MS / SHARE) return
      taken.delete(person)
    }
  }

  return {
    /** Their receivers have taken more than they may. */
    isUsedUp: (person: string): boolean => takenBy(person) >= BURST_MS,

    add(person: string, milliseconds: number): void {
      const sum = Math.min(MOST_MS, takenBy(person) + milliseconds)
      taken.delete(person)
      taken.set(person, { milliseconds: sum, at: now() })
      forgetOld()
    },
  }
}
