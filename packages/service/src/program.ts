// A service beside Postern, built and started in this process: its database, its gRPC server, its jobs and its probes.
import { createCallers } from './callers/create-callers.js'
import { admitCaller, type CallContext } from './callers/call-context.js'
import { requireService } from './callers/caller.js'
import { ConfigError } from './config-error.js'
import type { WritingConsumer } from './events/consumers.js'
import type { DeadLetters } from './events/dead-letters.js'
import { createProcessedEvents } from './events/processed-events.js'
import { createEventReceiver } from './events/receiver.js'
import { addEventReceiver } from './grpc/event-receiver.js'
import { createGrpcServer, type GrpcServer, type ServiceOptions } from './grpc/server.js'
import { type Job, startJobs } from './jobs.js'
import { listenProblem, type Listening } from './listening.js'
import type { Logger } from './logger.js'
import { type OpenParts, openProgram, type StoredProgram } from './open-program.js'
import { serveProbes } from './probes.js'
import type { ProgramMetrics } from './program-metrics.js'
import type { ProgramConfig } from './program-variables.js'
import { combineHooks, limitConcurrency, measureCalls, traceRequests } from './requests/hooks.js'
import { logRequests } from './requests/log.js'
import type { Component, Components } from './requests/readiness.js'
import type { Tracing } from './tracing/tracing.js'

/** How soon a wrong clock is noticed, and how soon the connections follow the primary of the database. */
const CLOCK_INTERVAL_MS = 5000
const PRIMARY_INTERVAL_MS = 2000

/** What a service gets to build itself. */
export interface ProgramParts<Config extends ProgramConfig> extends OpenParts<Config> {
  /** Adds the RPCs with `server.add(service, runs, calls)`. */
  readonly server: Pick<GrpcServer, 'add' | 'isDraining' | 'readiness'>
  readonly calls: ServiceOptions<CallContext>
}

/** What a service has besides its RPCs. */
export interface ProgramWork {
  /** What it repeats for as long as it runs. */
  readonly jobs: readonly Job[]
  /** What happens for events of other services. */
  readonly receives?: readonly WritingConsumer[]
  /** The state of what it needs besides the database. Without these, it works, but not as well. */
  readonly check?: () => Promise<Components>
  /** Called once, when everything else has been built and the database can be used. */
  readonly prepare?: () => Promise<void>
  /** Finishes what has started. */
  readonly close?: () => Promise<void>
}

/** A service: what is its own. */
export interface Program<Config extends ProgramConfig = ProgramConfig> extends StoredProgram<Config> {
  /** In traces and logs: `postern-consent`. */
  readonly name: string
  readonly version: string
  readonly listening: (config: Config) => { readonly grpc: Listening; readonly metrics: Listening }
  readonly build: (parts: ProgramParts<Config>) => ProgramWork | Promise<ProgramWork>
  /** Its events, for commands. */
  readonly openEvents: (parts: OpenParts<Config>) => {
    readonly deadLetters: DeadLetters
    readonly close: () => Promise<void>
  }
}

export interface RunningProgram {
  /** Where it listens for gRPC. */
  readonly port: number
  /** The URL of the metrics and probes. Null: off. */
  readonly metricsUrl: string | null
  readonly metrics: ProgramMetrics
  /** Not ready from now on, so that clients and balancers send nothing more. It still answers every call. */
  readonly retire: () => void
  /** Finishes the calls in progress and the jobs, then disconnects. */
  readonly close: () => Promise<void>
}

/** Starts a service. Rejects with a ConfigError, for an operator, if its database or its ports can't be used. */
export async function startProgram<Config extends ProgramConfig>(
  program: Program<Config>,
  config: Config,
  { logger, tracing = null }: { logger: Logger; tracing?: Tracing | null },
): Promise<RunningProgram> {
  const opened = await openProgram(program, config, { logger, tracing })
  const { database, metrics } = opened.parts
  const callers = await createCallers(config, logger, tracing)
  let work: ProgramWork | null = null

  async function check(): Promise<Components> {
    const tokens: Component = { state: callers.status().ready ? 'up' : 'down', milliseconds: 0 }
    const [mysql, others] = await Promise.all([database.health(), work?.check?.()])
    return { mysql, tokens, ...others }
  }
  const grpc = createGrpcServer({ config, check, isRequired: (component) => component === 'mysql' })
  const hooks = combineHooks([
    ...(tracing ? [traceRequests] : []),
    limitConcurrency(config.MAX_CONCURRENT_REQUESTS),
    measureCalls(metrics),
    logRequests(logger),
  ])
  const calls = { hooks, logger, readHead: callers.readHead, contextOf: callers.contextOf, admit: admitCaller }

  async function disconnect(): Promise<void> {
    await work?.close?.()
    await Promise.all([callers.close(), opened.close()])
  }

  try {
    await database.clock.prepare()
    work = await program.build({ ...opened.parts, server: grpc, calls })
    await work.prepare?.()
    const { jobs, receives = [] } = work
    if (receives.length > 0) {
      const { transaction, read, write } = database.events
      const processed = createProcessedEvents(read, write)
      const receive = createEventReceiver({ transaction, processed, consumers: receives, logger, tracing })
      addEventReceiver(grpc, receive, async ({ caller }) => requireService(await caller()), calls)
    }
    const addresses = program.listening(config)
    const probes = await serveProbes(addresses.metrics, {
      config,
      logger,
      readiness: grpc.readiness,
      text: metrics.text,
    })
    const port = await listenOn(addresses.grpc, grpc, config.MAX_CONNECTIONS).catch((error: unknown) => {
      probes?.close()
      throw error
    })
    const running = startJobs(
      [
        [CLOCK_INTERVAL_MS, () => database.clock.synchronize(), "reading the database's time"],
        [PRIMARY_INTERVAL_MS, () => database.primary.check(), 'connecting to the database'],
        ...jobs,
      ],
      logger,
    )
    return {
      ...{ port, metrics, retire: grpc.retire, metricsUrl: probes?.url ?? null },
      async close() {
        await grpc.close()
        probes?.close()
        await running.stop()
        await disconnect()
      },
    }
  } catch (error) {
    await disconnect()
    throw error
  }
}

async function listenOn(
  { host, port, variable }: Listening,
  grpc: GrpcServer,
  maxConnections: number,
): Promise<number> {
  if (port === 'off') throw new ConfigError(`${variable} must be the number of a port`)
  return grpc.listen({ host, port, maxConnections }).catch((error: unknown) => {
    throw new ConfigError(listenProblem({ host, port, variable }, error))
  })
}
