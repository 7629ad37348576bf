// Reads the CPU time and memory of a process and its children from /proc.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { SERVER_CORE } from './cores.ts'

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

function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(family)]
}

/** The user and system time of a process, and of its children that have ended. */
function ticks(pid: number): number {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field] ?? 0), 0)
}

const cpuMicroseconds = (pid: number): number =>
  family(pid).reduce((sum, each) => sum + ticks(each), 0) * MICROSECONDS_PER_TICK

/** The CPU time of the thread that runs JavaScript. */
export function threadMicroseconds(pid: number): number {
  const stat = read(`/proc/${pid}/task/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MICROSECONDS_PER_TICK
}

export const residentBytes = (pid: number): number =>
  family(pid).reduce(
    (sum, each) => sum + 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${each}/status`))?.[1] ?? 0),
    0,
  )

/** The time that all processes have used on the servers' core. */
function coreMicroseconds(): number {
  const line = read('/proc/stat')
    .split('\n')
    .find((each) => each.startsWith(`cpu${SERVER_CORE} `))
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line?.split(' ').slice(1).map(Number) ?? []
  return (user + nice + system + irq + softirq) * MICROSECONDS_PER_TICK
}

/** A measurement is repeated if other processes used more than this share of the core, up to this many attempts. */
const DISTURBED = 0.1
const ATTEMPTS = 3
/** How long the core is observed, and the longest wait for an idle moment. */
const OBSERVE_MS = 250
const IDLE_WAIT_MS = 10_000

export interface Used<T> {
  result: T
  /** Microseconds of CPU time. */
  cpu: number
  /** The share of the core that other processes used. */
  others: number
}

async function observe<T>(pid: number, work: () => Promise<T>): Promise<Used<T>> {
  const [begun, before, coreBefore] = [performance.now(), cpuMicroseconds(pid), coreMicroseconds()]
  const result = await work()
  const cpu = cpuMicroseconds(pid) - before
  const others = Math.max(0, coreMicroseconds() - coreBefore - cpu) / 1000 / (performance.now() - begun)
  return { result, cpu, others }
}

/** Does the work, and measures what the process uses during it. Repeats it if other processes used the core as well. */
export async function using<T>(pid: number, work: () => Promise<T>): Promise<Used<T>> {
  for (let attempt = 1; ; attempt++) {
    const giveUp = performance.now() + IDLE_WAIT_MS
    while (performance.now() < giveUp && (await observe(pid, () => pause(OBSERVE_MS))).others > DISTURBED);
    const used = await observe(pid, work)
    if (used.others <= DISTURBED || attempt === ATTEMPTS) return used
  }
}
