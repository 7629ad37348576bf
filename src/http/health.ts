// The health checks: for people, for balancers and orchestrators, and those of earlier versions.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.js'
import type { BreakerStatus } from '@postern/service/breakers'
import { VERSION } from '../platform/version.js'
import { isOperatorToken } from '@postern/service/operator-token'

export type ComponentState = 'up' | 'down' | 'read-only'

export interface Component {
  /** `read-only` (MySQL): the server refuses writes, as a primary does while another one takes over. */
  state: ComponentState
  /** How long the check took. */
  milliseconds: number
}

/** What the service needs. */
export interface Health {
  mysql: Component
  /** REDIS_URL. */
  redis: Component
  /** REVOCATION_REDIS_URL. */
  revocationRedis: Component
  /** The process that hashes passwords. */
  hasher: Component
  /** RABBITMQ_URL, if there is one. Without it, events wait in the database. */
  rabbitmq?: Component
}

/** Without Redis the service works, but slower, and revocations reach validators later. */
const REQUIRED: readonly string[] = ['mysql', 'hasher'] satisfies (keyof Health)[]

export const isRequiredForService = (component: string): boolean => REQUIRED.includes(component)

type Status = 'up' | 'degraded' | 'down' | 'draining'

type Components = Readonly<Record<string, Component>>

const codeOf = (status: Status) => (status === 'up' || status === 'degraded' ? 200 : 503)

const statesOf = (health: Components) =>
  Object.fromEntries(Object.entries(health).map(([name, { state }]) => [name, state]))

interface HealthParts {
  check: () => Promise<Components>
  /** Whether the process can do nothing without this component. Without another one it is only degraded. */
  isRequired: (component: string) => boolean
  /** The circuit breakers of this process. */
  breakers: () => BreakerStatus[]
  /** Says who may see more than the status. */
  config: Pick<Config, 'METRICS_TOKEN' | 'NODE_ENV'>
  /** Returns true from the moment on when the service should get no new requests. */
  isDraining: () => boolean
}

export function registerHealth(
  http: FastifyInstance,
  { check, isRequired, breakers, config, isDraining }: HealthParts,
): void {
  let running: Promise<Components> | null = null
  /** Concurrent requests share one check, so that many of them don't use up the connections. */
  const health = () => (running ??= check().finally(() => (running = null)))

  function statusOf(health: Components): Status {
    if (isDraining()) return 'draining'
    const notUp = Object.entries(health).filter(([, { state }]) => state !== 'up')
    if (notUp.some(([name]) => isRequired(name))) return 'down'
    return notUp.length === 0 ? 'up' : 'degraded'
  }

  for (const path of ['/livez', '/health/live']) http.get(path, () => ({ status: 'ok' }))

  http.get('/readyz', async (_, reply) => {
    const state = await health()
    const status = statusOf(state)
    return reply.code(codeOf(status)).send({ status, ...statesOf(state) })
  })

  http.get('/health/ready', async (_, reply) => {
    const state = await health()
    return reply.code(codeOf(statusOf(state))).send(statesOf(state))
  })

  /** Which store struggles is of use to an attacker. The same rule as for /metrics. */
  function maySeeDetails(authorization: string | undefined): boolean {
    const { METRICS_TOKEN: token, NODE_ENV } = config
    return token === undefined ? NODE_ENV !== 'production' : isOperatorToken(authorization, token)
  }

  http.get('/health', async ({ headers }, reply) => {
    const components = await health()
    const status = statusOf(components)
    if (!maySeeDetails(headers.authorization)) return reply.code(codeOf(status)).send({ status })
    const uptimeSeconds = Math.floor(process.uptime())
    const states = Object.fromEntries(breakers().map(({ name, state }) => [name, state]))
    return reply.code(codeOf(status)).send({ status, version: VERSION, uptimeSeconds, components, breakers: states })
  })
}
