import { type App, WARMING_STEPS } from './app.js'

export interface Worker {
  /** Resolves when the round under way has ended. */
  stop(): Promise<void>
}

/** Milliseconds between two rounds. A checkpoint a second is what validators measure their freshness by. */
const RELAY_INTERVAL = 1000
const PURGE_INTERVAL = 10 * 60_000
/** How soon every process knows what an ADMIN has protected, or has stopped protecting. */
const PROTECTED_INTERVAL = 2000
const STATISTICS_INTERVAL = 1000
/** How soon a new key file is seen, and published. */
const KEYS_INTERVAL = 1000

/** Runs the relay, the warming of the cache and the purge beside the requests. Failures are logged once and tried again. */
export function startWorker(app: App): Worker {
  const { relay, purge, warming, protectedNames, statistics, reloadKeys } = app.background
  /** What one process of a deployment does at a time: the one that is the relay. */
  let leads = false
  async function lead(): Promise<void> {
    leads = await relay.step().catch((error: unknown) => {
      leads = false
      throw error
    })
  }

  const loops = [
    repeat(RELAY_INTERVAL, lead, 'relay', app.log),
    repeat(PURGE_INTERVAL, () => purge(), 'purge', app.log),
    repeat(PROTECTED_INTERVAL, protectedNames, 'reading the protected usernames', app.log),
    repeat(STATISTICS_INTERVAL, statistics, 'counting username checks', app.log),
    ...(warming ? [repeat(1000 / WARMING_STEPS, async () => leads && warming(), 'warming', app.log)] : []),
    ...(reloadKeys ? [repeat(KEYS_INTERVAL, reloadKeys, 'reading KEYS_DIR', app.log)] : []),
  ]
  return {
    async stop() {
      await Promise.all(loops.map((stop) => stop()))
      relay.close()
    },
  }
}

function repeat(interval: number, work: () => Promise<unknown>, name: string, log: App['log']): () => Promise<void> {
  let timer: NodeJS.Timeout
  let stopped = false
  let failing = false
  let round = Promise.resolve()

  const run = async () => {
    try {
      await work()
      if (failing) log.info(`${name} works again`)
      failing = false
    } catch (error) {
      if (!failing) log.warn({ err: error }, `${name} failed; trying again`)
      failing = true
    }
    if (!stopped) schedule(interval)
  }
  const schedule = (delay: number) => {
    timer = setTimeout(() => {
      round = run()
    }, delay)
  }
  schedule(0)

  return async () => {
    stopped = true
    clearTimeout(timer)
    await round
  }
}
