// The RPC HealthCheck: the state of the service, and of what it needs for those who may see it.
import { Status } from '@postern/proto/common'
import { textOf } from '@postern/service/grpc/metadata'
import { maySeeDetails } from '@postern/service/operator-access'
import type { CheckReadiness, ComponentState, Readiness } from '@postern/service/requests/readiness'
import type { Config } from '../config/index.js'
import { VERSION } from '../platform/version.js'
import type { Runs } from './rpc.js'

const STATUSES: Readonly<Record<Readiness, Status>> = {
  up: Status.UP,
  degraded: Status.DEGRADED,
  down: Status.DOWN,
  draining: Status.DRAINING,
}

const STATES: Readonly<Record<ComponentState, Status>> = {
  up: Status.UP,
  down: Status.DOWN,
  'read-only': Status.READ_ONLY,
}

export const healthCheckRuns = (
  readiness: CheckReadiness,
  config: Pick<Config, 'METRICS_TOKEN' | 'NODE_ENV'>,
): Pick<Runs, 'healthCheck'> => ({
  async healthCheck(_request, _context, { metadata }) {
    const { status, components } = await readiness()
    if (!maySeeDetails(textOf(metadata, 'authorization'), config)) return { status: STATUSES[status] }
    const states = Object.entries(components).map(([name, { state }]) => [name, STATES[state]])
    return {
      status: STATUSES[status],
      version: VERSION,
      components: Object.fromEntries(states) as Record<string, Status>,
    }
  },
})
