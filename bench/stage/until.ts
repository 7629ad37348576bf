// Waits for a condition.
import { setTimeout as pause } from 'node:timers/promises'

/** Waits for a condition. The error names it if it is not met in time. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  for (const giveUp = Date.now() + seconds * 1000; !(await holds()); await pause(20)) {
    if (Date.now() > giveUp) throw new Error(`Timed out after ${seconds} s: ${what}.`)
  }
}
