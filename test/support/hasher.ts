import { afterEach } from 'vitest'
import type { ServiceError } from '@postern/service/errors'
import type { Argon2Parameters, HashJob } from '../../src/services/passwords/hasher/client.js'
import { createHashing } from '../../src/services/passwords/hasher/pool.js'
import { type Requester, SERVICE } from '../../src/services/passwords/requester.js'
import { until } from './wait.js'

export const CHEAP: Argon2Parameters = { memoryKib: 1024, timeCost: 1, parallelism: 1 }
/** Slow enough that a test can interrupt it, and fast enough for a process of the lowest priority on a busy machine. */
export const SLOW: Argon2Parameters = { memoryKib: 16_384, timeCost: 2, parallelism: 1 }

/** Starts the hasher's pool, and closes it after the test. */
export function eachWithAHasher() {
  const open: { close(): Promise<void> }[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map((hashing) => hashing.close()))
  })

  return function start(settings: { concurrency?: number; queue?: number; idleMs?: number } = {}) {
    const seen = { libraries: [] as string[], deaths: 0, hashed: 0 }
    const hashing = createHashing({
      ...{ concurrency: 1, queue: 256, ...settings },
      onLibrary: (name) => seen.libraries.push(name),
      onDeath: () => (seen.deaths += 1),
      onHashed: () => (seen.hashed += 1),
    })
    open.push(hashing)
    return {
      seen,
      run: (job: HashJob, requester: Requester = SERVICE) => hashing.run(job, requester),
      isUp: () => hashing.isUp(),
      waiting: () => hashing.waiting(),
      pid: () => until('a process hashes', () => hashing.pid()),
      close: () => hashing.close(),
    }
  }
}

/** The errors of what was refused. */
export const refused = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? (outcome.reason as ServiceError) : []))
