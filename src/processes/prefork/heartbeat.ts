// Finds the processes of a prefork group that run but no longer respond, and kills them.
import type { Worker } from 'node:cluster'
import type { Logger } from '@postern/service/logger'
import type { ToMember } from './messages.js'

const INTERVAL_MS = 1000

/**
 * How many questions in a row may stay unanswered. Counted, not timed: after the whole machine or group was suspended, no
 * question is older than the others.
 */
const MAX_UNANSWERED = 10

/** Checks the processes that `serving` returns. A process that is killed counts as crashed and is replaced. */
export function startHeartbeat({ serving, logger }: { serving: () => readonly Worker[]; logger: Logger }) {
  const unanswered = new WeakMap<Worker, number>()

  const timer = setInterval(() => {
    for (const worker of serving()) {
      const count = unanswered.get(worker) ?? 0
      if (count === MAX_UNANSWERED)
        logger.error(
          { process: worker.process.pid, seconds: (count * INTERVAL_MS) / 1000 },
          'a process does not respond; killing it',
        )
      if (count >= MAX_UNANSWERED) worker.process.kill('SIGKILL')
      unanswered.set(worker, count + 1)
      // The process may have ended.
      if (count < MAX_UNANSWERED) worker.send({ kind: 'alive?' } satisfies ToMember, () => undefined)
    }
  }, INTERVAL_MS)

  return {
    answered: (worker: Worker) => unanswered.set(worker, 0),
    stop: () => clearInterval(timer),
  }
}
