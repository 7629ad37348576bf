// Checks that each route with a limit of its own exists: a typing mistake would leave the route with the usual limit.
import type { FastifyInstance } from 'fastify'
import { ConfigError, type Quota } from '../config/index.js'

/** Call it before routes are added. `rpcs`: their names. Returns what throws a {@link ConfigError} once all routes are there. */
export function watchRouteNames(http: FastifyInstance, rpcs: Iterable<string>) {
  const names = new Set(rpcs)
  http.addHook('onRoute', ({ config }) => {
    if (config?.operation) names.add(config.operation.name)
  })
  return (limits: ReadonlyMap<string, Quota | null>): void => {
    const unknown = [...limits.keys()].filter((name) => !names.has(name))
    if (unknown.length > 0)
      throw new ConfigError(`GATEWAY_RATE_LIMIT_ROUTES names what is no RPC and no route: ${unknown.join(', ')}`)
  }
}
