// Summarizes a .cpuprofile: the functions that took most of the time.
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../tools/launch/paths.mjs'

const ROWS = 20

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  /** In microseconds of the machine's monotonic clock. */
  startTime: number
  samples: number[]
  timeDeltas: number[]
}

/** The name of a dependency, or the path of a file of this project. */
function place(url: string): string {
  if (!url.startsWith('file:')) return url
  const path = relative(root, fileURLToPath(url))
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path
}

/** Summarizes the samples after `since`, on the same clock. `busy` is in microseconds. */
export function summarize(text: string, since: number): { busy: number; rows: string[][] } {
  const { nodes, startTime, samples, timeDeltas } = JSON.parse(text) as Profile
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const spent = new Map<string, { name: string; where: string; time: number }>()
  let [busy, now] = [0, startTime]
  for (const [i, id] of samples.entries()) {
    const { functionName, url, lineNumber } = frames.get(id)!
    const time = timeDeltas[i] ?? 0
    now += time
    if (functionName === '(idle)' || now < since) continue
    busy += time
    const key = `${functionName} ${url} ${lineNumber}`
    const entry = spent.get(key) ?? { name: functionName || '(anonymous)', where: place(url), time: 0 }
    entry.time += time
    spent.set(key, entry)
  }
  const most = [...spent.values()].toSorted((a, b) => b.time - a.time).slice(0, ROWS)
  return {
    busy,
    rows: most.map(({ name, where, time }) => [`\`${name}\``, where, `${((100 * time) / busy).toFixed(1)} %`]),
  }
}
