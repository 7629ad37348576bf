// What a process and all that it has started have used so far, from /proc.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { SERVER_CORE } from './cores.ts'

/** Linux counts a process's time in hundredths of a second. */
const MICROSECONDS_A_TICK = 10_000

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It has just ended.
    return ''
  }
}

function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(family)]
}

/** User and system time of a process, and of those of its children that it has waited for. */
function ticks(pid: number): number {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field] ?? 0), 0)
}

const cpuMicroseconds = (pid: number): number =>
  family(pid).reduce((sum, each) => sum + ticks(each), 0) * MICROSECONDS_A_TICK

export const residentBytes = (pid: number): number =>
  family(pid).reduce(
    (sum, each) => sum + 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${each}/status`))?.[1] ?? 0),
    0,
  )

/** What everybody has used so far of the servers' core. */
function coreMicroseconds(): number {
  const line = read('/proc/stat')
    .split('\n')
    .find((each) => each.startsWith(`cpu${SERVER_CORE} `))
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line?.split(' ').slice(1).map(Number) ?? []
  return (user + nice + system + irq + softirq) * MICROSECONDS_A_TICK
}

/** Beyond this share of the core taken by others, a measurement says little; after so many attempts it is kept all the same. */
const DISTURBED = 0.1
const ATTEMPTS = 3
/** Milliseconds that the core is looked at, and how long a quiet moment is waited for. */
const LOOK = 250
const PATIENCE = 10_000

export interface Used<T> {
  result: T
  /** Microseconds of processor time. */
  cpu: number
  /** The share of the core that had nothing to do with the process. */
  others: number
}

async function observe<T>(pid: number, work: () => Promise<T>): Promise<Used<T>> {
  const [begun, before, coreBefore] = [performance.now(), cpuMicroseconds(pid), coreMicroseconds()]
  const result = await work()
  const cpu = cpuMicroseconds(pid) - before
  const others = Math.max(0, coreMicroseconds() - coreBefore - cpu) / 1000 / (performance.now() - begun)
  return { result, cpu, others }
}

/** Does the work and says what the process has used meanwhile; again when others used the core at the same time. */
export async function using<T>(pid: number, work: () => Promise<T>): Promise<Used<T>> {
  for (let attempt = 1; ; attempt++) {
    const giveUp = performance.now() + PATIENCE
    while (performance.now() < giveUp && (await observe(pid, () => pause(LOOK))).others > DISTURBED);
    const used = await observe(pid, work)
    if (used.others <= DISTURBED || attempt === ATTEMPTS) return used
  }
}
