// Summarizes a .cpuprofile: the functions that took most of the time.
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../tools/launch/paths.mjs'

const ROWS = 20

/** Lines and columns count from 0. */
interface CallFrame {
  functionName: string
  url: string
  lineNumber: number
  columnNumber: number
}

interface Profile {
  nodes: { id: number; callFrame: CallFrame }[]
  /** In microseconds of the machine's monotonic clock. */
  startTime: number
  samples: number[]
  timeDeltas: number[]
}

const maps = new Map<string, SourceMap | null>()

/** The source map of a file, if it was bundled. */
function sourceMap(file: string): SourceMap | null {
  const known = maps.get(file)
  if (known !== undefined) return known
  const isBundle = file.startsWith(join(root, 'dist')) && existsSync(`${file}.map`)
  const map = isBundle ? new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload) : null
  maps.set(file, map)
  return map
}

/** The name of a dependency, or the path of a file of this project. */
function place({ url, lineNumber, columnNumber }: CallFrame): string {
  if (!url.startsWith('file:')) return url
  const file = fileURLToPath(url)
  const origin = sourceMap(file)?.findEntry(lineNumber, columnNumber)
  const source = origin && 'originalSource' in origin ? resolve(dirname(file), origin.originalSource) : file
  const path = relative(root, source)
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path
}

/** Summarizes the samples after `since`, on the same clock. `busy` is in microseconds. */
export function summarize(text: string, since: number): { busy: number; rows: string[][] } {
  const { nodes, startTime, samples, timeDeltas } = JSON.parse(text) as Profile
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const spent = new Map<string, { name: string; where: string; time: number }>()
  let [busy, now] = [0, startTime]
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id)!
    const { functionName, url, lineNumber } = frame
    const time = timeDeltas[i] ?? 0
    now += time
    if (functionName === '(idle)' || now < since) continue
    busy += time
    const key = `${functionName} ${url} ${lineNumber}`
    const entry = spent.get(key) ?? { name: functionName || '(anonymous)', where: place(frame), time: 0 }
    entry.time += time
    spent.set(key, entry)
  }
  const most = [...spent.values()].toSorted((a, b) => b.time - a.time).slice(0, ROWS)
  return {
    busy,
    rows: most.map(({ name, where, time }) => [`\`${name}\``, where, `${((100 * time) / busy).toFixed(1)} %`]),
  }
}
