// Replaces the processes of a prefork group without refusing a connection.
import { setTimeout as sleep } from 'node:timers/promises'
import { withTimeout } from '@postern/contract/timeout'
import type { Logger } from '@postern/service/logger'
import type { createMembers, Member } from './members.js'

/** How long a new process may take to become ready. */
const START_TIMEOUT_MS = 60_000

/** A signal to the whole group may end a new process this long before the primary gets it. */
const SIGNAL_SKEW_MS = 100

/**
 * Replaces every process, one at a time: ends the old one once the new one is ready. If a new one does not start, the
 * remaining old ones stay. Stops early if `stopping` returns true.
 */
export async function roll(members: ReturnType<typeof createMembers>, logger: Logger, stopping: () => boolean) {
  logger.info('rolling restart started')
  for (const old of members.all()) {
    // It crashed since, and its replacement is new already.
    if (!members.has(old)) continue
    old.wanted = false
    const next = members.start()
    const up = await withTimeout(next.up, START_TIMEOUT_MS, () => false)
    if (!up) await sleep(SIGNAL_SKEW_MS)
    if (stopping()) return
    if (!up) return giveUp(old, next)
    next.wanted = true
    await members.end(old)
    if (stopping()) return
  }
  logger.info('rolling restart finished')

  function giveUp(old: Member, next: Member): void {
    next.worker.process.kill('SIGKILL')
    logger.error('a new process did not start; keeping the old ones')
    if (members.has(old)) old.wanted = true
    else members.restart({ process: old.worker.process.pid }, old.failures)
  }
}
