// The CPU time of processes to the nanosecond, as slices of a tenth of a second need it.
import { readdirSync, readFileSync } from 'node:fs'

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // The process or thread has just ended.
    return ''
  }
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** A process and its descendants. */
export function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(family)]
}

/** Nanoseconds by thread. */
type Threads = Map<string, number>

function threadsOf(pids: readonly number[]): Threads {
  const threads: Threads = new Map()
  for (const pid of pids) {
    for (const task of tasksOf(pid))
      threads.set(task, Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]))
  }
  return threads
}

/** Call it before the work. The function that it returns gives the microseconds that the processes have used since. */
export function startCpuClock(pid: number, { withChildren = false } = {}): () => number {
  const list = () => threadsOf(withChildren ? family(pid) : [pid])
  const before = list()
  return () => {
    let nanoseconds = 0
    for (const [thread, now] of list()) nanoseconds += now - (before.get(thread) ?? 0)
    return nanoseconds / 1000
  }
}
