// Two instances of the service. The first one is never replaced, and its memory is measured.
import { freePort } from '../../tools/launch/ports.mjs'
import { type Candidate, startCandidate } from '../stage/candidate.ts'
import { until } from '../stage/until.ts'
import { openInspector } from './memory.ts'

const hasEnded = (pid: number) => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

export async function startInstances(env: Record<string, string>) {
  const start = (options: string[] = []): Promise<Candidate> =>
    startCandidate({ name: 'Postern', file: 'dist/main.js', env, options })
  const port = await freePort()
  const [measured, replaced] = await Promise.all([start([`--inspect-port=${port}`]), start()])
  const inspector = await openInspector(measured.pid, port)
  let other: Candidate | undefined = replaced

  return {
    urls: () => [measured.url, ...(other ? [other.url] : [])],
    memory: () => inspector.measure(),

    async replace(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
      const old = other
      if (!old) return
      if (signal === 'SIGKILL') {
        process.kill(old.pid, signal)
        await until('the instance has ended', () => hasEnded(old.pid))
        other = undefined
      } else {
        // A load balancer stops using an instance that is not ready. What it has accepted is answered.
        other = undefined
        await old.stop()
      }
      other = await start()
    },

    async stop(): Promise<void> {
      inspector.close()
      await Promise.all([measured.stop(), other?.stop()])
    },
  }
}
