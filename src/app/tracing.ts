// What the traces of this service say of it.
import { ServiceError } from '@postern/service/errors'
import { startTracing as start } from '@postern/service/start-tracing'
import type { TracingVariables } from '@postern/service/tracing-variables'
import type { TracedService, Tracing } from '@postern/service/tracing/tracing'
import { VERSION } from '../platform/version.js'

/** Health checks and scrapes would fill the collector, and pages are files. */
const isTraced = (url: string): boolean => url === '/graphql' || url.startsWith('/graphql?')

export const TRACED = {
  name: 'postern',
  version: VERSION,
  nameOfRequest: ({ method = '', url = '' }) => (isTraced(url) ? `${method} /graphql` : null),
  codeOf: (error) => (error instanceof ServiceError ? error.code : undefined),
} satisfies TracedService

/** Null without OTEL_EXPORTER_OTLP_ENDPOINT. Then nothing of OpenTelemetry is loaded. */
export const startTracing = (config: TracingVariables): Promise<Tracing | null> => start(config, TRACED)
