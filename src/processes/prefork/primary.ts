// The primary of a prefork group.
import cluster, { type Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@postern/service/logger'
import { FLUSH_MS } from '@postern/service/tracing/tracing'
import { type Config, processes } from '../../config/index.js'
import { listenForMetrics } from '../../http/metrics-listener.js'
import { listenProblem } from '../listen-problem.js'
import { createGroupMetrics } from './group-metrics.js'
import { startHeartbeat } from './heartbeat.js'
import { createMembers } from './members.js'
import type { ToMember, ToPrimary } from './messages.js'
import { roll } from './roll.js'

/** A process ends itself after SHUTDOWN_TIMEOUT and, with traces, the time to send the last spans. This much later it is killed. */
const KILL_MARGIN_MS = FLUSH_MS + 1000

/**
 * Holds the port for a group of processes, restarts those that crash, replaces all on SIGHUP and ends them on SIGTERM.
 * The primary accepts connections only on METRICS_PORT, because only it knows the metrics of all processes.
 */
export async function runPrimary(config: Config, logger: Logger): Promise<void> {
  // Each process accepts connections from the shared socket: docs/adr/0008.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  // JSON, the default, can't represent NaN.
  cluster.setupPrimary({ serialization: 'advanced' })
  const metrics = createGroupMetrics()
  const graceMs = config.SHUTDOWN_TIMEOUT * 1000 + KILL_MARGIN_MS
  const members = createMembers({ logger, graceMs, onCrash: metrics.crashed })
  const heartbeat = startHeartbeat({ serving: members.serving, logger })
  let url = ''
  let stopping = false
  const isStopping = () => stopping
  let [busy, rollWanted] = [true, false]

  cluster.on('message', (worker, message: ToPrimary) => {
    switch (message.kind) {
      case 'ready':
        url = message.url
        if (stopping) retire(worker)
        return members.ready(worker)
      case 'alive':
        return heartbeat.answered(worker)
      case 'snapshot':
        return metrics.report(worker, message.snapshot)
      case 'sum?':
        return void metrics.text(members.serving()).then(
          (text) => {
            // The process may have ended.
            worker.send({ kind: 'sum', id: message.id, text } satisfies ToMember, () => undefined)
          },
          (error: unknown) => logger.error({ err: error }, "the metrics can't be added up"),
        )
    }
  })
  cluster.on('disconnect', (worker) => metrics.remove(worker))

  function retire(worker: Worker): void {
    // The process may have ended.
    worker.send({ kind: 'retire' } satisfies ToMember, () => undefined)
  }

  async function endAll(): Promise<boolean> {
    stopping = true
    heartbeat.stop()
    members.close()
    const ends = await Promise.all(members.all().map((member) => members.end(member)))
    return ends.every(Boolean)
  }

  async function stop(signal: string): Promise<void> {
    if (stopping) return
    logger.info({ signal }, 'stopping')
    stopping = true
    members.serving().forEach(retire)
    await sleep(config.SHUTDOWN_DELAY * 1000)
    const inOrder = await endAll()
    logger.info('stopped')
    process.exit(inOrder ? 0 : 1)
  }

  /** A SIGHUP during a roll starts another one afterwards: some processes may have started before the change it is for. */
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

  // The first process starts alone: if it can't start, none can, and its error is printed once.
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
  await listenForMetrics(config, () => metrics.text(members.serving()), logger).catch(async (error: unknown) => {
    process.stderr.write(`${listenProblem(config, 'METRICS_PORT', error)}\n`)
    await endAll()
    process.exit(1)
  })
  logger.info({ url, processes: members.all().length }, 'all processes listen')
  busy = false
  await rollWhenFree()
}
