// One npm start or npm run dev per checkout, since there is one data folder.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { endLeftovers } from './leftovers.mjs'
import { Failure } from './lifetime.mjs'
import { holder, tryLock } from './lock.mjs'
import { keep } from './paths.mjs'
import { parentOf } from './process-table.mjs'
import { say } from './progress.mjs'

const file = join(keep, 'start.lock')

/** How long an earlier start may take to end. */
const ENDING_MS = 30_000

/**
 * Waits for an earlier start that is ending, and ends what a killed one has left running.
 * @param {string} url
 */
export async function claimCheckout(url) {
  const end = Date.now() + ENDING_MS
  while (!tryLock(file, JSON.stringify({ url, parent: process.ppid }))) {
    const owner = holder(file)
    if (owner && (!isEnding(owner) || Date.now() > end)) {
      const { url: other } = JSON.parse(owner.note ?? '{}')
      throw new Failure(
        `npm start is already running in this checkout, at ${other} (process ${owner.pid}). Stop it first.`,
      )
    }
    await pause(100)
  }
  const found = await endLeftovers(keep)
  if (found > 0) say(`  Ended ${found} ${found === 1 ? 'process' : 'processes'} that a killed npm start left running.`)
}

/** Whether its npm has ended. Then it will end soon. @param {import('./lock.mjs').Owner} owner */
const isEnding = (owner) => parentOf(owner.pid) !== JSON.parse(owner.note ?? '{}').parent
