import { Server, ServerCredentials } from '@grpc/grpc-js'
import { Health } from '@postern/proto/health'
import { admitCaller, type CallContext } from '@postern/service/callers/call-context'
import { createCallers, type CallersConfig } from '@postern/service/callers/create-callers'
import { createArrivals } from '@postern/service/grpc/arrivals'
import { listenForCalls } from '@postern/service/grpc/listener'
import { createOpenStreams } from '@postern/service/grpc/open-streams'
import type { Runs } from '@postern/service/grpc/rpc'
import { addService } from '@postern/service/grpc/service'
import { createLogger } from '@postern/service/logger'
import { combineHooks } from '@postern/service/requests/hooks'
import { afterAll, beforeAll } from 'vitest'
import { connect } from '../../../../test/support/grpc.js'
import { startRedis, type RedisServer } from '../../../../test/support/redis-server.js'
import { createRelay, type Relay } from '../../../session/test/support/relay.js'
import { key } from '../../../session/test/support/stream.js'
import { SECRET } from '../../../session/test/support/tokens.js'

export const KEYS = { current: 'c'.repeat(32), previous: 'p'.repeat(32), gateway: 'g'.repeat(32) }

const callersConfig = (redisUrl: string): CallersConfig => ({
  ...{ JWT_SECRET: SECRET, JWT_ISSUER: 'postern', JWT_AUDIENCE: 'postern', GATEWAY_KEY: KEYS.gateway },
  ...{ REDIS_URL: redisUrl, REVOCATION_REDIS_URL: redisUrl, REDIS_CLUSTER: false },
  SERVICE_KEYS: [
    { name: 'workflow', key: KEYS.current },
    { name: 'workflow', key: KEYS.previous },
  ],
})

/** A Redis with revocations, for all tests of a file. */
export function revocationsOfFile(): { server: RedisServer; relay: Relay } {
  const stream = {} as { server: RedisServer; relay: Relay }
  beforeAll(async () => {
    stream.server = await startRedis()
    stream.relay = createRelay(stream.server.redis, key)
    await stream.relay.openEpoch()
    await stream.relay.start()
  })
  afterAll(async () => {
    stream.relay.stop()
    await stream.server.stop()
  })
  return stream
}

/** A server of grpc.health.v1.Health, whose RPCs run as a test says. */
export async function startCallServer(
  redisUrl: string,
  runs: Partial<Runs<typeof Health, CallContext>>,
  limits: Parameters<typeof createOpenStreams>[0] = {},
) {
  const logger = createLogger('silent')
  const callers = await createCallers(callersConfig(redisUrl), logger, null)
  const arrivals = createArrivals()
  const server = new Server({ interceptors: [arrivals.interceptor] })
  const streams = createOpenStreams(limits)
  const all = { check: () => ({}), list: () => ({}), watch: () => Promise.resolve(), ...runs }
  addService(server, Health, all, {
    ...{ hooks: combineHooks([]), logger, streams, admit: admitCaller },
    ...{ readHead: callers.readHead, contextOf: callers.contextOf, cutOff: (call) => arrivals.cutOff(call) },
  })
  const credentials = ServerCredentials.createInsecure()
  const listener = await listenForCalls(server, { host: '127.0.0.1', port: 0, credentials, maxConnections: 100 })
  const connection = connect(listener.port)
  return {
    health: connection.health,
    streams,
    close: async () => {
      connection.close()
      listener.close()
      arrivals.close()
      server.forceShutdown()
      await callers.close()
    },
  }
}
