// The gateway and bare proxies as contenders.
import { type Candidate, startCandidate } from '../stage/candidate.ts'
import type { Data, Stage } from '../stage/stage.ts'

interface GatewayOptions {
  name?: string
  /** The address of the gRPC server behind it. */
  upstream: string
  options?: string[]
  cores?: string
}

/** So many calls a minute that no benchmark reaches a limit, but every request is counted as in production. */
const UNREACHED = '900000000/60'
const limits = {
  GATEWAY_RATE_LIMIT: UNREACHED,
  GATEWAY_RATE_LIMIT_USER: UNREACHED,
  GATEWAY_RATE_LIMIT_ADDRESS: UNREACHED,
}

const target = (upstream: string) => new URL(upstream).host

/** Starts the gateway as in production. */
export const startGateway = (
  { secrets }: Stage,
  { urls }: Data,
  { name = 'the gateway', upstream, ...rest }: GatewayOptions,
): Promise<Candidate> =>
  startCandidate({
    ...{ name, file: 'services/gateway/dist/main.js', path: '/', portVariable: 'GATEWAY_PORT', ...rest },
    env: {
      ...{
        ...limits,
        GATEWAY_HOST: '127.0.0.1',
        GATEWAY_METRICS_PORT: '0',
        REDIS_URL: urls.REDIS_URL,
        AUTH_GRPC_URL: target(upstream),
      },
      ...{ JWT_SECRET: secrets.JWT_SECRET, GATEWAY_KEY: secrets.GATEWAY_KEY },
    },
  })

/** Starts node:http in front of a client of @grpc/grpc-js. */
export const startBareProxy = (upstream: string, messages: 'protobuf-es' | 'proto-loader'): Promise<Candidate> =>
  startCandidate({
    ...{ name: 'the bare proxy', file: 'bench/peers/bare-proxy.ts', path: '/' },
    env: { UPSTREAM: target(upstream), MESSAGES: messages },
  })
