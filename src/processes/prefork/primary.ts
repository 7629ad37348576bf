import cluster from 'node:cluster'
import { type Config, processes } from '../../config/index.js'
import type { Logger } from '../../platform/logger.js'
import { createGroupMetrics } from './group-metrics.js'
import { createMembers } from './members.js'
import type { ToMember, ToPrimary } from './messages.js'
import { roll } from './roll.js'

/** Milliseconds beyond SHUTDOWN_TIMEOUT, at which a process ends itself, before it is killed. */
const KILL_MARGIN = 1000

/**
 * Holds the port for a group of processes that serve it, keeps their number, replaces them on SIGHUP and ends them on
 * SIGTERM. It takes no connection and opens none.
 */
export async function runPrimary(config: Config, logger: Logger): Promise<void> {
  // Each process takes connections from the one socket by itself: docs/adr/0008.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  // The default, JSON, has no NaN.
  cluster.setupPrimary({ serialization: 'advanced' })
  const metrics = createGroupMetrics()
  const grace = config.SHUTDOWN_TIMEOUT * 1000 + KILL_MARGIN
  const members = createMembers({ logger, grace, onCrash: metrics.crashed })
  let url = ''
  let stopping = false
  const isStopping = () => stopping
  let [busy, rollWanted] = [true, false]

  cluster.on('message', (worker, message: ToPrimary) => {
    switch (message.kind) {
      case 'ready':
        url = message.url
        return members.ready(worker)
      case 'snapshot':
        return metrics.told(worker, message.snapshot)
      case 'sum?':
        return void metrics.text(members.serving()).then(
          (text) => {
            // Whoever asked may have ended.
            worker.send({ kind: 'sum', id: message.id, text } satisfies ToMember, () => undefined)
          },
          (error: unknown) => logger.error({ err: error }, 'the metrics cannot be added up'),
        )
    }
  })
  cluster.on('disconnect', (worker) => metrics.gone(worker))

  async function endAll(): Promise<boolean> {
    stopping = true
    members.close()
    const ends = await Promise.all(members.all().map((member) => members.end(member)))
    return ends.every(Boolean)
  }

  async function stop(signal: string): Promise<void> {
    if (stopping) return
    logger.info({ signal }, 'stopping')
    const inOrder = await endAll()
    logger.info('stopped')
    process.exit(inOrder ? 0 : 1)
  }

  /** A SIGHUP during a roll makes one more: what it is to bring may have come after some processes had started. */
  async function rollWhenFree(): Promise<void> {
    if (busy) return
    busy = true
    while (rollWanted && !stopping) {
      rollWanted = false
      await roll(members, logger, isStopping)
    }
    busy = false
  }

  process.on('SIGTERM', (signal) => void stop(signal))
  process.on('SIGINT', (signal) => void stop(signal))
  process.on('SIGHUP', () => {
    rollWanted = true
    void rollWhenFree()
  })

  // The first alone: what keeps one from starting keeps all from it, and is to be read once.
  const first = members.start()
  const rest =
    (await first.up) && !isStopping() ? Array.from({ length: processes(config) - 1 }, () => members.start()) : []
  const up = await Promise.all([first, ...rest].map((member) => member.up))
  if (isStopping()) return
  if (!up.every(Boolean) || members.all().length < processes(config)) {
    logger.error('a process did not start')
    await endAll()
    process.exit(1)
  }
  for (const member of members.all()) member.wanted = true
  logger.info({ url, processes: members.all().length }, 'all processes listen')
  busy = false
  await rollWhenFree()
}
