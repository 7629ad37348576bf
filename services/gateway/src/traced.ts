// What the traces of the gateway say of it.
import type { TracedService } from '@postern/service/tracing/tracing'
import type { Credentials } from './http/challenges.js'
import { Failure } from './http/failure.js'
import { failureOf } from './upstreams/failure-of.js'
import { UpstreamError } from '@postern/service/grpc/upstream-error'

/** Orchestrators and Prometheus would fill the collector. */
const UNTRACED = new Set(['/livez', '/readyz'])

/** Whose request it was makes no difference for the code. */
const ANYBODY: Credentials = { scheme: 'Bearer', areChecked: false }

/** `version`: of the project. */
export const traced = (version: string): TracedService => ({
  name: 'postern-gateway',
  version,
  nameOfRequest: ({ method = '', url = '' }) => (UNTRACED.has(url) ? null : method),
  codeOf(error) {
    const failure = error instanceof UpstreamError ? failureOf(error, ANYBODY) : error
    return failure instanceof Failure ? failure.parts.code : undefined
  },
})
