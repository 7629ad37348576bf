import { createInterface } from 'node:readline'
import { createClient, type Client } from './client.js'
import { startProgram, type Finished } from './process.js'
import { TEST_ENVIRONMENT } from './service.js'
import { until } from './wait.js'

interface LogLine {
  msg: string
  pid: number
  url?: string
  grpcPort?: number
  requestId?: string
  delay?: number
  processes?: number
}

export interface PreforkGroup extends Client {
  url: string
  pid: number
  /** The log so far. */
  lines: LogLine[]
  /** The number of log lines with this message. */
  logged(msg: string): number
  /** The processes that listen and still run. */
  processes(): number[]
  /** Sends a signal to the primary or, with `group`, to its process group, as a terminal does. Needs `detached`. */
  signal(name: NodeJS.Signals, to?: 'primary' | 'group'): void
  /** Reads /metrics. Returns counters and gauges, summed over the matching labels. */
  metrics(): Promise<(name: string, label?: string) => number>
  finished: Promise<Finished>
}

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Starts the built service as `PREFORK` processes; `detached`: in their own process group. Resolves when all listen. */
export async function startPrefork(env: Record<string, string>, { detached = false } = {}): Promise<PreforkGroup> {
  const settings = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'info', ...env }
  const { child, finished } = startProgram('main.js', [], settings, { detached })
  const lines: LogLine[] = []
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as LogLine))
  let failed = ''
  void finished.then(({ stdout, stderr }) => (failed = stderr + stdout))
  const { url = '' } = await until('all processes listen', () => {
    if (failed) throw new Error(`The group ended: ${failed}`)
    const all = lines.find(({ msg }) => msg === 'all processes listen')
    // Each process writes its own lines, so one of them can come after the primary's.
    const listening = lines.filter(({ msg }) => msg === 'listening')
    return all && listening.length >= (all.processes ?? 0) ? all : null
  })
  const pid = child.pid ?? 0
  return {
    url,
    pid,
    ...createClient(url),
    lines,
    logged: (msg) => lines.filter((line) => line.msg === msg).length,
    processes: () => lines.filter((line) => line.msg === 'listening' && isAlive(line.pid)).map((line) => line.pid),
    signal: (name, to = 'primary') => void process.kill(to === 'group' ? -pid : pid, name),
    async metrics() {
      // A new connection each time, because a kept one may belong to a process that hangs.
      const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text()
      const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)]
      return (name, label = '') =>
        samples
          .filter(([, metric, labels = '']) => metric === name && labels.includes(label))
          .reduce((sum, [, , , value]) => sum + Number(value), 0)
    },
    finished,
  }
}
