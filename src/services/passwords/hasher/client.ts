import { fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HasherReply, HasherRequest, HashJob } from './program.js'

export type { Argon2Parameters, HashJob } from './program.js'

/** Compiled, or as it stands in src when tests run this file. */
const PROGRAM = fileURLToPath(new URL(`./program${extname(import.meta.url)}`, import.meta.url))

/** Milliseconds after which a hasher counts as stuck. Far beyond any hash that somebody would wait for. */
const STUCK = 60_000

/** The hasher ended before it answered. */
export class HasherEnded extends Error {
  override readonly name = 'HasherEnded'
}

export interface HasherProcess {
  readonly pid: number | undefined
  /** Rejects with {@link HasherEnded}, or with what the library says. */
  ask(job: HashJob): Promise<string | boolean>
  /** Resolves once it has ended. What it has not answered by now is lost. */
  end(): Promise<void>
}

interface Listeners {
  onLibrary: (name: string) => void
  onEnd: () => void
}

/** Starts a process that does as many hashes at once as it has threads. It inherits no secrets and no options of Node's. */
export function startHasher(threads: number, { onLibrary, onEnd }: Listeners): HasherProcess {
  const child = fork(PROGRAM, [], {
    env: { UV_THREADPOOL_SIZE: String(threads) },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const asked = new Map<number, { resolve: (result: string | boolean) => void; reject: (error: Error) => void }>()
  let last = 0

  const ended = new Promise<void>((resolve) => {
    let over = false
    const end = (cause?: unknown) => {
      // A process that cannot be started says so, and may end as well.
      if (over) return
      over = true
      resolve()
      onEnd()
      for (const { reject } of asked.values()) reject(new HasherEnded('the hasher ended', { cause }))
      asked.clear()
    }
    child.once('exit', end)
    child.on('error', end)
  })
  child.on('message', (reply: HasherReply) => {
    if ('library' in reply) return onLibrary(reply.library)
    const waiting = asked.get(reply.id)
    if ('error' in reply) waiting?.reject(new Error(`argon2: ${reply.error}`))
    else waiting?.resolve(reply.result)
  })

  return {
    pid: child.pid,
    ask(job) {
      const id = ++last
      const watchdog = setTimeout(() => child.kill('SIGKILL'), STUCK)
      return new Promise<string | boolean>((resolve, reject) => {
        asked.set(id, { resolve, reject })
        // A failure to send means that it has ended or is ending.
        child.send({ id, ...job } satisfies HasherRequest, (error) => error && child.kill('SIGKILL'))
      }).finally(() => {
        clearTimeout(watchdog)
        asked.delete(id)
      })
    },
    async end() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
