// Starts a hasher process and exchanges messages with it.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { packageFolder } from '@postern/service/package-folder'
import type { HasherReply, HasherRequest, HashJob } from './program.js'

export type { Argon2Parameters, HashJob } from './program.js'

/** program.ts, as it is built. */
const PROGRAM = fileURLToPath(new URL('dist/hasher.js', packageFolder(import.meta.url)))

/**
 * Without the compilers of V8, which save nothing here, the process takes 4 MiB less, and none of its memory is both
 * writable and executable.
 */
const OPTIONS = ['--jitless']

/** When a hasher counts as stuck: far longer than any reasonable hash takes, even at a low priority. */
const STUCK_MS = 30_000

/** A hash that takes this long may mean that the process is frozen. A ping shows whether it is. */
const SUSPICIOUS_MS = 5000

/** How long it may take to answer a ping. A thread beside the hashes answers, but at a low priority. */
const PING_MS = 5000

/** The hasher ended before it responded. */
export class HasherEnded extends Error {
  override readonly name = 'HasherEnded'
}

export interface HasherProcess {
  readonly pid: number | undefined
  /** Rejects with {@link HasherEnded}, or with the library's error. */
  run(job: HashJob): Promise<string | boolean>
  /** Rejects with {@link HasherEnded} if the process is frozen, and ends it. */
  ping(): Promise<void>
  /** Resolves once it has ended. Jobs in progress are lost. */
  end(): Promise<void>
}

interface Listeners {
  onLibrary: (name: string) => void
  onEnd: () => void
}

/** Starts a process that runs one hash per thread. */
export type StartHasher = (threads: number, listeners: Listeners) => HasherProcess

/** Starts a process that runs one hash per thread. It inherits no secrets and no options of Node.js. */
export function startHasher(threads: number, { onLibrary, onEnd }: Listeners): HasherProcess {
  const child = fork(PROGRAM, [], {
    env: { UV_THREADPOOL_SIZE: String(threads) },
    execArgv: OPTIONS,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const pending = new Map<number, { resolve: (result: string | boolean) => void; reject: (error: Error) => void }>()
  let last = 0

  const ended = new Promise<void>((resolve) => {
    let hasEnded = false
    const end = (cause?: unknown) => {
      // A process that can't be started emits 'error', and maybe 'exit' too.
      if (hasEnded) return
      hasEnded = true
      resolve()
      onEnd()
      for (const { reject } of pending.values()) reject(new HasherEnded('the hasher ended', { cause }))
      pending.clear()
    }
    child.once('exit', end)
    child.on('error', end)
  })
  child.on('message', (reply: HasherReply) => {
    if ('library' in reply) return onLibrary(reply.library)
    const waiting = pending.get(reply.id)
    if ('error' in reply) waiting?.reject(new Error(`argon2: ${reply.error}`))
    else waiting?.resolve(reply.result)
  })

  function send(request: HashJob | { ping: true }, timeoutMs: number): Promise<string | boolean> {
    const id = ++last
    const watchdog = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    return new Promise<string | boolean>((resolve, reject) => {
      pending.set(id, { resolve, reject })
      // A failure to send means that it has ended or is ending.
      child.send({ id, ...request } satisfies HasherRequest, (error) => error && child.kill('SIGKILL'))
    }).finally(() => {
      clearTimeout(watchdog)
      pending.delete(id)
    })
  }

  const ping = async () => {
    await send({ ping: true }, PING_MS)
  }

  return {
    pid: child.pid,
    async run(job) {
      const suspicion = setTimeout(() => void ping().catch(() => undefined), SUSPICIOUS_MS)
      return send(job, STUCK_MS).finally(() => {
        clearTimeout(suspicion)
      })
    },
    ping,
    async end() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
