// One program that hashes, for all services of this process, as long as it runs: a start takes longer than most tests.
import type { StartHasher } from '../../src/services/passwords/index.js'
import { type HasherProcess, startHasher } from '../../src/services/passwords/hasher/client.js'

interface Shared {
  process: HasherProcess
  library: string | null
  users: Set<Parameters<StartHasher>[1]>
}

/** By the number of threads. */
const running = new Map<number, Shared>()

function start(threads: number): Shared {
  const users: Shared['users'] = new Set()
  const shared: Shared = {
    process: startHasher(threads, {
      onLibrary(name) {
        shared.library = name
        for (const user of users) user.onLibrary(name)
      },
      onEnd() {
        running.delete(threads)
        for (const user of users) user.onEnd()
      },
    }),
    ...{ library: null, users },
  }
  running.set(threads, shared)
  return shared
}

/** As `startHasher`, but its end only says that this service needs no more hashes. */
export const sharedHasher: StartHasher = (threads, listeners) => {
  const { process, library, users } = running.get(threads) ?? start(threads)
  users.add(listeners)
  if (library !== null) listeners.onLibrary(library)
  return {
    ...process,
    async end() {
      users.delete(listeners)
      listeners.onEnd()
    },
  }
}
