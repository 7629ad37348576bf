import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import helmet from 'helmet'

/** Names and values by turns, as `writeHead` takes them. */
export type FlatHeaders = readonly string[]

/**
 * What every answer tells browsers: helmet's headers, and which origin's pages may read it. Neither depends on more than
 * the request's Origin, so both are made once: as plugins that run for each request they cost as much as the rest of it.
 */
export function createProtectiveHeaders(allowedOrigins: readonly string[]) {
  const always = [...helmetHeaders(), 'vary', 'Origin']
  const listed = new Map(
    allowedOrigins.map((origin) => [
      origin,
      [...always, 'access-control-allow-origin', origin, 'access-control-allow-credentials', 'true'],
    ]),
  )
  return (origin: string | undefined): FlatHeaders => (origin !== undefined && listed.get(origin)) || always
}

function helmetHeaders(): string[] {
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  const protect = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // For Internet Explorer and Flash, and for documents: an API answers none of these with something to run.
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xDnsPrefetchControl: false,
    xXssProtection: false,
    originAgentCluster: false,
  })
  protect(request, response, (error) => {
    if (error !== undefined) throw error as Error
  })
  return Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)])
}
