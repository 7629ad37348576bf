// Reads the memory of a process and its children, and the CPU time of its main thread.
import { readFileSync } from 'node:fs'
import { family } from './cpu.ts'

/** Linux counts the CPU time of a process in hundredths of a second. */
const MICROSECONDS_PER_TICK = 10_000

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // The process has just ended.
    return ''
  }
}

/** The CPU time of the thread that runs JavaScript. */
export function threadMicroseconds(pid: number): number {
  const stat = read(`/proc/${pid}/task/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MICROSECONDS_PER_TICK
}

/** The memory of a process and its children. Of `proportional`, pages that several processes share are shared as well. */
export function memoryBytes(pid: number): { resident: number; proportional: number } {
  const kibibytes = (each: number, name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(read(`/proc/${each}/smaps_rollup`))?.[1] ?? 0)
  const sum = (name: string) => family(pid).reduce((total, each) => total + 1024 * kibibytes(each, name), 0)
  return { resident: sum('Rss'), proportional: sum('Pss') }
}
