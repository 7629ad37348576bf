// The methods of the gateway's own routes, which are fixed paths.
import type { FastifyInstance } from 'fastify'
import { pathOf } from '../routes/match.js'

/** All other paths are those of the annotations and of RPCs. */
export const EVERYTHING = '/*'

/** Call it before routes are added. Returns the methods of the own route with this URL. */
export function watchOwnRoutes(http: FastifyInstance): (url: string) => readonly string[] {
  const methods = new Map<string, string[]>()
  http.addHook('onRoute', ({ url, method }) => {
    if (url !== EVERYTHING) methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()])
  })
  return (url) => methods.get(pathOf(url)) ?? []
}
