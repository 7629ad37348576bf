// A gateway in this process, on a free port.
import { createLogger } from '../../packages/service/src/logger.js'
import { readConfig } from '../../services/gateway/src/config/index.js'
import { createGateway, type Gateway } from '../../services/gateway/src/gateway.js'
import { listen } from '../../services/gateway/src/http/listen.js'
import { echoService, type EchoServer, type Rules, startEchoServer } from './echo-service.js'
import { closeIdleConnections } from './idle-connections.js'
import { testRedisUrl } from './redis.js'
import type { LogLine } from './service.js'

export const GATEWAY_KEY = 'test-gateway-key-0123456789abcdef0123456789'

/** The limits are off: the tests of limits switch them on. */
const ENVIRONMENT = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  GATEWAY_PORT: '0',
  GATEWAY_KEY,
  JWT_SECRET: 'test-jwt-secret-0123456789abcdef0123456789',
  GATEWAY_RATE_LIMIT: '0',
  GATEWAY_RATE_LIMIT_USER: '0',
  GATEWAY_RATE_LIMIT_ADDRESS: '0',
}

export interface RunningGateway {
  readonly url: string
  readonly gateway: Gateway
  stop(): Promise<void>
}

type GatewayParts = Parameters<typeof createGateway>[2]

export const gatewayEnvironment = (): Record<string, string> => ({ ...ENVIRONMENT, REDIS_URL: testRedisUrl() })

/** In front of Postern, or of the services in `parts`. */
export async function startGateway(
  env: Record<string, string> = {},
  parts: GatewayParts = {},
  onLine?: (line: LogLine) => void,
): Promise<RunningGateway> {
  const config = readConfig({ ...gatewayEnvironment(), ...env })
  const write = (line: string) => onLine?.(JSON.parse(line) as LogLine)
  const gateway = await createGateway(config, createLogger(config.LOG_LEVEL, { write }), parts)
  const url = await listen(gateway.http, config.GATEWAY_HOST, config.GATEWAY_PORT)
  return {
    url,
    gateway,
    async stop() {
      closeIdleConnections()
      await gateway.http.close()
      await gateway.close()
    },
  }
}

export interface EchoGateway extends RunningGateway {
  readonly echo: EchoServer
}

/** In front of a service that returns its requests. */
export async function startEchoGateway(env: Record<string, string> = {}, rules?: Rules): Promise<EchoGateway> {
  const service = echoService(rules)
  const echo = await startEchoServer(service)
  const served = [{ name: 'echo', url: echo.target, definitions: [service] }]
  const addresses = { echo: { target: echo.target, tls: false } }
  const running = await startGateway(env, { served, addresses })
  return {
    ...running,
    echo,
    async stop() {
      await running.stop()
      echo.stop()
    },
  }
}
