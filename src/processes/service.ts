// One process of the service, alone or in a prefork group: starts it, and stops it in order on a signal.
import { fail } from '@postern/service/failed-start'
import { createStop, stopOnSignals } from '@postern/service/stop'
import { startBackgroundJobs } from '../app/background-jobs.js'
import { listenForMetrics } from '../http/metrics-listener.js'
import { startServer } from '../http/server.js'
import type { GrpcServer, GrpcServerParts } from '../grpc/server.js'
import { createPipeline } from '../requests/pipeline.js'
import { collectGarbageOfStart } from '../platform/memory.js'
import { listenProblem } from './listen-problem.js'
import { type Parts, prepareApp } from './prepared-app.js'
import type { Group } from './prefork/member.js'

/** Runs until a signal ends it. `group` is null outside a prefork group. */
export async function runService({ config, logger, tracing }: Parts, group: Group | null): Promise<void> {
  const app = await prepareApp({ config, logger, tracing })
  const { services, publishedKeys, health, breakers, inbox, clock } = app
  const metrics = group ? { ...app.metrics, text: () => group.sumMetrics() } : app.metrics
  const hooks = createPipeline({ config, services, metrics: app.metrics, logger, tracing })
  const parts = { config, logger, metrics, services, publishedKeys, health, breakers, inbox, clock, tracing, hooks }
  const starting = startServer({ ...parts, beforeListening: collectGarbageOfStart }).catch((error: unknown) =>
    fail(listenProblem(config, 'PORT', error)),
  )
  // In a group, the primary listens there.
  const metricsListening = group
    ? null
    : listenForMetrics(config, () => metrics.text(), logger).catch((error: unknown) =>
        fail(listenProblem(config, 'METRICS_PORT', error)),
      )
  // After HTTP, so that with free ports every process of a group gets the same two.
  const grpcStarting = starting.then(() => startGrpc({ config, logger, services, hooks, health, tracing }))
  const listening = Promise.all([starting, grpcStarting, metricsListening])
  const running = listening.then(([server, grpc, metricsListener]) => ({
    ...{ server, grpc, metricsListener },
    jobs: startBackgroundJobs(app.background, logger),
  }))

  const stop = createStop({
    ...{ logger, tracing, timeoutMs: config.SHUTDOWN_TIMEOUT * 1000 },
    // In a group, the primary waits.
    delayMs: group ? 0 : config.SHUTDOWN_DELAY * 1000,
    late: 'requests were still in progress after SHUTDOWN_TIMEOUT',
    async retire() {
      const { server, grpc } = await running
      server.retire()
      grpc?.retire()
    },
    async close() {
      const { server, grpc, metricsListener, jobs } = await running
      await Promise.all([server.close(), grpc?.close()])
      metricsListener?.close()
      await jobs.stop()
      await group?.leave(await app.metrics.snapshot())
      await app.close()
    },
  })
  // Ctrl-C reaches every process of a group, and its primary stops them.
  if (group) process.on('SIGTERM', (signal) => void stop({ signal }))
  else stopOnSignals(stop)

  const { server, grpc } = await running
  logger.info({ url: server.url, ...(grpc && { grpcPort: grpc.port }) }, 'listening')
  group?.join(
    server.url,
    () => app.metrics.snapshot(),
    () => {
      server.retire()
      grpc?.retire()
    },
    () => void stop({ reason: 'the primary process ended' }),
  )
}

/** Null if gRPC is off: then nothing of it is loaded. */
async function startGrpc(parts: Omit<GrpcServerParts, 'port'>): Promise<GrpcServer | null> {
  const { config } = parts
  const { GRPC_PORT: port } = config
  if (port === null) return null
  const { startGrpcServer } = await import('../grpc/server.js')
  return startGrpcServer({ ...parts, port }).catch((error: unknown) => fail(listenProblem(config, 'GRPC_PORT', error)))
}
