// A server of gRPC: its services, health checks and reflection, and how it starts and stops.
import { promisify } from 'node:util'
import type { DescService } from '@bufbuild/protobuf'
import { logVerbosity, Server, setLogVerbosity } from '@grpc/grpc-js'
import { grpcService } from '@postern/proto/grpc-service'
import { file_grpc_health_v1_health, Health } from '@postern/proto/health'
import type { GrpcVariables } from '../grpc-variables.js'
import { type CheckReadiness, type Components, createReadiness } from '../requests/readiness.js'
import { createArrivals } from './arrivals.js'
import { serverCredentials } from './credentials.js'
import { createHealthService } from './health.js'
import { type Listener, listenForCalls } from './listener.js'
import { createOpenStreams } from './open-streams.js'
import { serverOptions } from './options.js'
import type { CallParts, Operation, Runs } from './rpc.js'
import { addService } from './service.js'
import type { StreamParts } from './streams.js'

/** How long before SHUTDOWN_TIMEOUT the remaining connections are closed. */
const FORCE_BEFORE_MS = 500

interface Options {
  readonly config: Omit<GrpcVariables, 'GRPC_REFLECTION'> & {
    readonly GRPC_REFLECTION: boolean
    readonly SHUTDOWN_TIMEOUT: number
  }
  /** The state of what the process needs. */
  readonly check: () => Promise<Components>
  /** Whether the process can do nothing without this component. */
  readonly isRequired: (component: string) => boolean
}

/** What the RPCs of a service need. A service without streams needs no `admit`. */
export interface ServiceOptions<Context> extends CallParts<Context> {
  readonly admit?: StreamParts<Context>['admit']
  readonly operationOf?: (rpc: string) => Operation
  /** Neither reflection nor health checks say that there is such a service. */
  readonly isHidden?: boolean
}

interface Address {
  readonly host: string
  readonly port: number
  readonly maxConnections: number
}

export interface GrpcServer {
  readonly readiness: CheckReadiness
  /** True from the moment on when the process should get no new requests. */
  readonly isDraining: () => boolean
  /** Call it before `listen`. */
  readonly add: <Service extends DescService, Context>(
    service: Service,
    runs: Runs<Service, Context>,
    options: ServiceOptions<Context>,
  ) => void
  /** Returns the port. Rejects with the system's error if it can't listen, for example because the port is in use. */
  readonly listen: (address: Address) => Promise<number>
  /** NOT_SERVING from now on, so that clients and balancers send nothing more. It still answers every call. */
  readonly retire: () => void
  /** Ends the streams, finishes the calls in progress, then stops. */
  readonly close: () => Promise<void>
}

const noStreams = (): never => {
  throw new Error('a service with streams needs `admit`')
}

export function createGrpcServer({ config, check, isRequired }: Options): GrpcServer {
  let isStopping = false
  const isDraining = () => isStopping
  const readiness = createReadiness({ check, isRequired, isDraining })
  // It would write headers of clients to stderr, with what they contain: those that have characters which gRPC forbids.
  setLogVerbosity(logVerbosity.NONE)
  const arrivals = createArrivals()
  const server = new Server({ ...serverOptions(config), interceptors: [arrivals.interceptor] })
  const streams = createOpenStreams()
  const services: DescService[] = []
  let health: ReturnType<typeof createHealthService> | null = null
  let listener: Listener | null = null

  function retire(): void {
    isStopping = true
    health?.drain()
  }

  return {
    readiness,
    isDraining,

    add(service, runs, { admit = noStreams, isHidden = false, ...options }) {
      if (!isHidden) services.push(service)
      addService(server, service, runs, { ...options, admit, streams, cutOff: (call) => arrivals.cutOff(call) })
    },

    async listen({ host, port, maxConnections }) {
      const names = services.map(({ typeName }) => typeName)
      health = createHealthService(readiness, names)
      server.addService(grpcService(Health), health.handlers)
      if (config.GRPC_REFLECTION) {
        const { addReflection } = await import('./reflection.js')
        const files = new Set([...services.map(({ file }) => file), file_grpc_health_v1_health])
        addReflection(server, [...files], [...names, Health.typeName])
      }
      const credentials = serverCredentials(config)
      listener = await listenForCalls(server, { host, port, credentials, maxConnections })
      return listener.port
    },

    retire,

    async close() {
      retire()
      listener?.close()
      health?.close()
      arrivals.close()
      // Only a stream of reflection can be open for that long: a call would have been answered.
      const timer = setTimeout(() => server.forceShutdown(), config.SHUTDOWN_TIMEOUT * 1000 - FORCE_BEFORE_MS)
      const stopped = promisify(server.tryShutdown.bind(server))()
      // After the connections were told to go away, so that clients connect elsewhere.
      streams.drain()
      await stopped
      clearTimeout(timer)
    },
  }
}
