// What to print when the service can't listen on a port.
import { listenProblem as problemOf } from '@postern/service/listening'
import type { Config } from '../config/index.js'

/** One line that names the variable. `error` is the system's. */
export function listenProblem(config: Config, variable: 'PORT' | 'METRICS_PORT' | 'GRPC_PORT', error: unknown): string {
  const host = variable === 'GRPC_PORT' ? config.GRPC_HOST : config.HOST
  return problemOf({ host, port: config[variable] ?? 'off', variable }, error)
}
