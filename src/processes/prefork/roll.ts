import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../platform/logger.js'
import type { createMembers, Member } from './members.js'

/** Milliseconds that a new process has until it serves. */
const START_TIMEOUT = 60_000

/** Milliseconds by which a signal to the whole group may end a new process before this one hears of it. */
const SIGNAL_SKEW = 100

/**
 * Replaces every process by a new one, one at a time: the old one is told to end when the new one serves. If that does
 * not come up, the old ones stay. `stopping` breaks it off.
 */
export async function roll(members: ReturnType<typeof createMembers>, logger: Logger, stopping: () => boolean) {
  logger.info('rolling')
  for (const old of members.all()) {
    // It crashed meanwhile: what took its place is new already.
    if (!members.has(old)) continue
    old.wanted = false
    const next = members.start()
    const up = await servesInTime(next)
    if (!up) await sleep(SIGNAL_SKEW)
    if (stopping()) return
    if (!up) return giveUp(old, next)
    next.wanted = true
    await members.end(old)
    if (stopping()) return
  }
  logger.info('rolled')

  function giveUp(old: Member, next: Member): void {
    next.worker.process.kill('SIGKILL')
    logger.error('a new process did not come up: the old ones stay')
    if (members.has(old)) old.wanted = true
    else members.bringBack({ process: old.worker.process.pid }, old.failures)
  }
}

async function servesInTime({ up }: Member): Promise<boolean> {
  const timer = new AbortController()
  const late = sleep(START_TIMEOUT, false, { signal: timer.signal }).catch(() => false)
  const serves = await Promise.race([up, late])
  timer.abort()
  return serves
}
