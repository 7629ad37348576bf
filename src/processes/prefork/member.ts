import cluster from 'node:cluster'
import { once } from 'node:events'
import { AuthError } from '../../platform/errors.js'
import type { Snapshot } from '../../platform/metrics.js'
import type { ToMember, ToPrimary } from './messages.js'

export interface Group {
  /** To be called when this process serves. `orphaned` is called when the primary is gone. */
  join(url: string, snapshot: () => Promise<Snapshot>, orphaned: () => void): void
  /** The metrics of the whole group. Rejects with SERVICE_UNAVAILABLE when the primary does not answer. */
  sumMetrics(): Promise<string>
  /** Hands in the final counts. */
  leave(snapshot: Snapshot): Promise<void>
}

/** Milliseconds. The primary waits for each process's metrics for less. */
const SUM_TIMEOUT = 4000

/** Resolves when the message has gone out, or cannot. */
const tell = (message: ToPrimary): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
    else resolve()
  })

/** This process's side of a prefork group. */
export function joinGroup(): Group {
  // A terminal sends these to every process of its foreground group; the primary has its own way to pass them on.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const waiting = new Map<number, (text: string) => void>()
  let requests = 0

  return {
    join(url, snapshot, orphaned) {
      process.on('message', (message: ToMember) => {
        if (message.kind === 'sum') waiting.get(message.id)?.(message.text)
        else void snapshot().then((taken) => tell({ kind: 'snapshot', snapshot: taken }))
      })
      cluster.worker?.once('disconnect', () => {
        // Else node:cluster ends the process on the spot, whatever it is answering.
        if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
        orphaned()
      })
      void tell({ kind: 'ready', url })
    },

    async sumMetrics() {
      const id = requests++
      const answer = new Promise<string>((resolve) => waiting.set(id, resolve))
      const late = AbortSignal.timeout(SUM_TIMEOUT)
      void tell({ kind: 'sum?', id })
      const text = await Promise.race([answer, once(late, 'abort').then(() => null)])
      waiting.delete(id)
      if (text === null) throw new AuthError('SERVICE_UNAVAILABLE', { message: 'The primary process does not answer.' })
      return text
    },

    leave: (snapshot) => tell({ kind: 'snapshot', snapshot }),
  }
}
