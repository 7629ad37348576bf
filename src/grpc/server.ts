// Builds the gRPC server and listens: the second front door, in front of the same services as GraphQL.
import { promisify } from 'node:util'
import { logVerbosity, Server, setLogVerbosity } from '@grpc/grpc-js'
import { createCallerVerifier } from '@postern/contract/caller'
import { file_auth_auth } from '@postern/proto/auth-alias'
import { file_postern_auth_v1_auth } from '@postern/proto/auth'
import { grpcService } from '@postern/proto/grpc-service'
import { file_grpc_health_v1_health, Health as HealthService } from '@postern/proto/health'
import type { Logger } from '@postern/service/logger'
import { createProxyReader } from '@postern/service/proxy-headers'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Config } from '../config/index.js'
import { createReadiness, type Health, isRequiredForService } from '../requests/readiness.js'
import type { RequestHooks } from '../requests/request-hooks.js'
import type { Services } from '../resolvers/index.js'
import { createAccountInputs } from '../schema/accounts.inputs.js'
import { accountRuns } from './accounts.js'
import { createArrivals } from './arrivals.js'
import { createCallContexts } from './context.js'
import { serverCredentials } from './credentials.js'
import { healthCheckRuns } from './health-check.js'
import { createHealthService } from './health.js'
import { listenForCalls } from './listener.js'
import { createUserWriter } from './messages.js'
import { createHeadReader } from './metadata.js'
import { oauthRuns } from './oauth.js'
import { serverOptions } from './options.js'
import { AUTH_SERVICES, addAuthServices } from './services.js'
import { sessionRuns } from './sessions.js'
import { tokenRuns } from './tokens.js'
import { usernameRuns } from './usernames.js'

export interface GrpcServerParts {
  config: Config
  /** Where to listen: GRPC_PORT is not off. */
  port: number
  logger: Logger
  services: Services
  /** Of both doors. */
  hooks: RequestHooks
  health: () => Promise<Health>
  /** Null without traces. */
  tracing: Tracing | null
}

export interface GrpcServer {
  port: number
  /** NOT_SERVING from now on, so that clients and balancers send nothing more. It still answers every call. */
  retire: () => void
  /** Finishes the calls in progress, then stops. */
  close: () => Promise<void>
}

/** How long before SHUTDOWN_TIMEOUT the remaining connections are closed. */
const FORCE_BEFORE_MS = 500

/** The names of what clients call. */
const NAMES = AUTH_SERVICES.map(({ typeName }) => typeName)

const FILES = [file_postern_auth_v1_auth, file_auth_auth, file_grpc_health_v1_health]

/** Rejects with the system's error if it can't listen, for example because the port is in use. */
export async function startGrpcServer(parts: GrpcServerParts): Promise<GrpcServer> {
  const { config, port, logger, services, hooks, tracing } = parts
  const { accounts, authentication, captcha, limits, oauth, sessions, usernames } = services
  let isStopping = false
  const readiness = createReadiness({
    check: async () => ({ ...(await parts.health()) }),
    ...{ isRequired: isRequiredForService, isDraining: () => isStopping },
  })
  const writeUser = createUserWriter(accounts)
  const runs = {
    ...accountRuns(createAccountInputs({ passwordMinLength: config.PASSWORD_MIN_LENGTH }), accounts, writeUser),
    ...sessionRuns(authentication, sessions, writeUser),
    ...tokenRuns(sessions.validation),
    ...usernameRuns(usernames),
    ...oauthRuns(oauth, sessions, writeUser),
    ...healthCheckRuns(readiness, config),
  }
  // It would write headers of clients to stderr, with what they contain: those that have characters which gRPC forbids.
  setLogVerbosity(logVerbosity.NONE)
  const arrivals = createArrivals()
  const server = new Server({ ...serverOptions(config), interceptors: [arrivals.interceptor] })
  addAuthServices(server, runs, {
    ...{ hooks, logger, limits: limits.calls, captcha },
    readHead: createHeadReader({
      proxies: createProxyReader(config.TRUST_PROXY, config.PROXY_HEADERS),
      verifyCaller: createVerifier(config),
      tracing,
    }),
    contextOf: createCallContexts(services),
  })
  const health = createHealthService(readiness, NAMES)
  server.addService(grpcService(HealthService), health.handlers)
  if (config.GRPC_REFLECTION) {
    const { addReflection } = await import('./reflection.js')
    addReflection(server, FILES, [...NAMES, HealthService.typeName])
  }
  const listener = await listenForCalls(server, {
    ...{ host: config.GRPC_HOST, port, maxConnections: config.MAX_CONNECTIONS },
    credentials: serverCredentials(config),
  })

  function retire(): void {
    isStopping = true
    health.drain()
  }

  return {
    port: listener.port,
    retire,
    async close() {
      retire()
      listener.close()
      health.close()
      arrivals.close()
      // Only a stream of reflection can be open for that long: a call would have been answered.
      const timer = setTimeout(() => server.forceShutdown(), config.SHUTDOWN_TIMEOUT * 1000 - FORCE_BEFORE_MS)
      await promisify(server.tryShutdown.bind(server))()
      clearTimeout(timer)
    },
  }
}

/** Null without GATEWAY_KEY. */
function createVerifier({ GATEWAY_KEY: key, GATEWAY_KEY_PREVIOUS: previous }: Config) {
  if (key === undefined) return null
  return createCallerVerifier(previous === undefined ? [key] : [key, previous])
}
