// A process's side of a prefork group: reports to the primary, and gets the metrics of the whole group from it.
import cluster from 'node:cluster'
import { withTimeout } from '@postern/contract/timeout'
import { ServiceError } from '@postern/service/errors'
import type { Snapshot } from '../../platform/metric-snapshots.js'
import type { ToMember, ToPrimary } from './messages.js'

export interface Group {
  /**
   * Call it when this process is ready. `onRetired` is called when the group is going to end, `onOrphaned` if the primary
   * ends.
   */
  join(url: string, snapshot: () => Promise<Snapshot>, onRetired: () => void, onOrphaned: () => void): void
  /** The metrics of the whole group. Rejects with SERVICE_UNAVAILABLE if the primary does not respond. */
  sumMetrics(): Promise<string>
  /** Sends the final metrics to the primary. */
  leave(snapshot: Snapshot): Promise<void>
}

/** Longer than the primary waits for the metrics of each process. */
const SUM_TIMEOUT_MS = 4000

/** Resolves when the message was sent, or can't be. */
const send = (message: ToPrimary): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
    else resolve()
  })

/** This process's side of a prefork group. */
export function joinGroup(): Group {
  // A terminal sends these to every process of its foreground group, but the primary decides how each process ends.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const waiting = new Map<number, (text: string) => void>()
  let requests = 0

  return {
    join(url, snapshot, onRetired, onOrphaned) {
      process.on('message', (message: ToMember) => {
        if (message.kind === 'alive?') void send({ kind: 'alive' })
        else if (message.kind === 'sum') waiting.get(message.id)?.(message.text)
        else if (message.kind === 'retire') onRetired()
        else void snapshot().then((taken) => send({ kind: 'snapshot', snapshot: taken }))
      })
      cluster.worker?.once('disconnect', () => {
        // Otherwise node:cluster ends the process at once, in the middle of its requests.
        if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
        onOrphaned()
      })
      void send({ kind: 'ready', url })
    },

    async sumMetrics() {
      const id = requests++
      const answer = new Promise<string>((resolve) => waiting.set(id, resolve))
      void send({ kind: 'sum?', id })
      const text = await withTimeout(answer, SUM_TIMEOUT_MS, () => null)
      waiting.delete(id)
      if (text === null)
        throw new ServiceError('SERVICE_UNAVAILABLE', { message: 'The primary process does not respond.' })
      return text
    },

    leave: (snapshot) => send({ kind: 'snapshot', snapshot }),
  }
}
