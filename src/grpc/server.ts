// Builds the gRPC server and listens: the second front door, in front of the same services as GraphQL.
import { createCallerVerifier } from '@postern/contract/caller'
import { AuthService } from '@postern/proto/auth'
import { AuthServiceAlias } from '@postern/proto/auth-alias'
import { DirectoryService } from '@postern/proto/directory'
import { createServiceKeys } from '@postern/service/callers/service-keys'
import { addEventReceiver } from '@postern/service/grpc/event-receiver'
import { createHeadReader } from '@postern/service/grpc/metadata'
import { createGrpcServer, type GrpcServer as Server } from '@postern/service/grpc/server'
import type { Logger } from '@postern/service/logger'
import { createProxyReader } from '@postern/service/proxy-headers'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Config } from '../config/index.js'
import { type Health, isRequiredForService } from '../requests/health.js'
import type { Services } from '../resolvers/index.js'
import { createAccountInputs } from '../schema/accounts.inputs.js'
import { accountRuns } from './accounts.js'
import { createCallContexts } from './context.js'
import { type DirectoryContext, directoryContexts, directoryRuns } from './directory.js'
import { guardedRuns } from './guarded.js'
import { healthCheckRuns } from './health-check.js'
import { createUserWriter } from './messages.js'
import { oauthRuns } from './oauth.js'
import { type AuthRpc, OPERATIONS, type Runs } from './rpc.js'
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

export interface GrpcServer extends Pick<Server, 'retire' | 'close'> {
  port: number
}

/** Rejects with the system's error if it can't listen, for example because the port is in use. */
export async function startGrpcServer(parts: GrpcServerParts): Promise<GrpcServer> {
  const { config, port, logger, services, hooks, tracing } = parts
  const { accounts, authentication, captcha, limits, oauth, sessions, usernames } = services
  const server = createGrpcServer({
    config,
    check: async () => ({ ...(await parts.health()) }),
    isRequired: isRequiredForService,
  })
  const writeUser = createUserWriter(accounts)
  const runs: Runs = {
    ...accountRuns(createAccountInputs({ passwordMinLength: config.PASSWORD_MIN_LENGTH }), accounts, writeUser),
    ...sessionRuns(authentication, sessions, writeUser),
    ...tokenRuns(sessions.validation),
    ...usernameRuns(usernames),
    ...oauthRuns(oauth, sessions, writeUser),
    ...healthCheckRuns(server.readiness, config),
  }
  const readHead = createHeadReader({
    proxies: createProxyReader(config.TRUST_PROXY, config.PROXY_HEADERS),
    verifyCaller: createVerifier(config),
    tracing,
  })
  for (const service of [AuthService, AuthServiceAlias]) {
    server.add(service, guardedRuns(runs, { limits: limits.calls, captcha }), {
      ...{ hooks, logger, readHead },
      contextOf: createCallContexts(services),
      operationOf: (rpc) => OPERATIONS[rpc as AuthRpc],
    })
  }
  if (config.SERVICE_KEYS.length > 0) {
    const forServices = {
      ...{ hooks, logger, readHead, isHidden: true },
      contextOf: directoryContexts(createServiceKeys(config.SERVICE_KEYS)),
      // A service asks for all its users from one address.
      operationOf: (operation: string) => ({ operation, isCounted: false }),
    }
    server.add(DirectoryService, directoryRuns(accounts.contacts), forServices)
    addEventReceiver(server, services.receiveEvents, ({ caller }: DirectoryContext) => caller(), forServices)
  }
  const listening = await server.listen({ host: config.GRPC_HOST, port, maxConnections: config.MAX_CONNECTIONS })
  return { port: listening, retire: server.retire, close: server.close }
}

/** Null without GATEWAY_KEY. */
function createVerifier({ GATEWAY_KEY: key, GATEWAY_KEY_PREVIOUS: previous }: Config) {
  if (key === undefined) return null
  return createCallerVerifier(previous === undefined ? [key] : [key, previous])
}
