import { setTimeout as pause } from 'node:timers/promises'

/** Waits for a condition, and says which one it was that never came. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  for (const giveUp = Date.now() + seconds * 1000; !(await holds()); await pause(20)) {
    if (Date.now() > giveUp) throw new Error(`Waited ${seconds} s in vain: ${what}.`)
  }
}
