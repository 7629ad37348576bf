// The health checks: for people, for balancers and orchestrators, and those of earlier versions.
import type { FastifyInstance } from 'fastify'
import type { BreakerStatus } from '@postern/service/breakers'
import { maySeeDetails } from '@postern/service/operator-access'
import {
  type Components,
  createReadiness,
  isReady,
  type Readiness,
  type ReadinessParts,
} from '@postern/service/requests/readiness'
import type { Config } from '../config/index.js'
import { VERSION } from '../platform/version.js'

const codeOf = (status: Readiness) => (isReady(status) ? 200 : 503)

const statesOf = (health: Components) =>
  Object.fromEntries(Object.entries(health).map(([name, { state }]) => [name, state]))

interface HealthParts extends ReadinessParts {
  /** The circuit breakers of this process. */
  breakers: () => BreakerStatus[]
  /** Says who may see more than the status. */
  config: Pick<Config, 'METRICS_TOKEN' | 'NODE_ENV'>
}

export function registerHealth(http: FastifyInstance, { breakers, config, ...parts }: HealthParts): void {
  const readiness = createReadiness(parts)

  for (const path of ['/livez', '/health/live']) http.get(path, () => ({ status: 'ok' }))

  http.get('/readyz', async (_, reply) => {
    const { status, components } = await readiness()
    return reply.code(codeOf(status)).send({ status, ...statesOf(components) })
  })

  http.get('/health/ready', async (_, reply) => {
    const { status, components } = await readiness()
    return reply.code(codeOf(status)).send(statesOf(components))
  })

  http.get('/health', async ({ headers }, reply) => {
    const { status, components } = await readiness()
    if (!maySeeDetails(headers.authorization, config)) return reply.code(codeOf(status)).send({ status })
    const uptimeSeconds = Math.floor(process.uptime())
    const states = Object.fromEntries(breakers().map(({ name, state }) => [name, state]))
    return reply.code(codeOf(status)).send({ status, version: VERSION, uptimeSeconds, components, breakers: states })
  })
}
