// Keeps the memory of a process small. docs/adr/0037-memory.md has the reasons and the figures.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Objects that live briefly get at most three times this much. By default it is 32 MiB. */
const YOUNG_GENERATION_FLAG = '--max-semi-space-size'
const YOUNG_GENERATION_MIB = 8

/**
 * Starts the program again in the same process, with a smaller young generation: V8 reads its size only at the start. Does
 * nothing if `nodeOptions` name a size, and in a child of a process that has done this, which inherits the option.
 */
export function limitYoungGeneration(nodeOptions: readonly string[]): void {
  if (
    nodeOptions.some((option) => option.replaceAll('_', '-').startsWith(YOUNG_GENERATION_FLAG)) ||
    process.connected ||
    !process.execve
  )
    return
  const options = [...process.execArgv, `${YOUNG_GENERATION_FLAG}=${YOUNG_GENERATION_MIB}`]
  process.execve(process.execPath, [process.execPath, ...options, ...process.argv.slice(1)])
}

type CollectGarbage = (options: { type: 'minor' }) => void

/**
 * Gives back what loading and starting left in the young generation, before the first request. Not a full collection: V8
 * then forgets what it has learned about the code, and username checks take a seventh more CPU from then on.
 */
export function collectGarbageOfStart(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as CollectGarbage
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'minor' })
}
