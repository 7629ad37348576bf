// Repeats work that stores what has already happened elsewhere: if it is not stored, it happens again.
import { setTimeout as pause } from 'node:timers/promises'

const PAUSE_MS = 250

/**
 * Repeats `work` until it succeeds. Rejects with its last error once `forMs` have passed or `isOver` is true. `work` may have
 * succeeded although it failed: it must be harmless to repeat.
 */
export async function insist<T>(
  work: () => Promise<T>,
  { forMs, isOver = () => false }: { forMs: number; isOver?: () => boolean },
): Promise<T> {
  const end = performance.now() + forMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (isOver() || performance.now() >= end) throw error
      await pause(PAUSE_MS)
    }
  }
}
