// What the traces of a service beside Postern say of it.
import { ServiceError } from './errors.js'
import type { TracedService } from './tracing/tracing.js'

export const traced = ({ name, version }: { name: string; version: string }): TracedService => ({
  ...{ name, version },
  // Its only requests over HTTP are probes and scrapes, which would fill the collector.
  nameOfRequest: () => null,
  codeOf: (error) => (error instanceof ServiceError ? error.code : undefined),
})
