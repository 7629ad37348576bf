// What to print when the service can't listen on a port.
import type { Config } from '../config/index.js'

/** One line that names the variable. `error` is the system's. */
export function listenProblem(config: Config, variable: 'PORT' | 'METRICS_PORT' | 'GRPC_PORT', error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const port = config[variable]
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use. Stop the program that listens there, or set ${variable} to another port.`
  const host = variable === 'GRPC_PORT' ? config.GRPC_HOST : config.HOST
  return `Can't listen on ${host}, port ${port}: ${message}`
}
