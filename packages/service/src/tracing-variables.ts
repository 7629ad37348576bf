// The variables of traces. Their names and forms are those of the OpenTelemetry specification.
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { z } from 'zod'

/** `key=value`, separated by commas. Values are percent-encoded. Null if the text has another form. */
function readPairs(text: string): Record<string, string> | null {
  const pairs = text.split(',').map((pair) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair)?.slice(1))
  if (pairs.includes(undefined)) return null
  try {
    return Object.fromEntries(pairs.map(([name = '', value = ''] = []) => [name, decodeURIComponent(value)]))
  } catch {
    return null
  }
}

const pairs = (example: string, isAccepted: (name: string, value: string) => boolean = () => true) =>
  z
    .string()
    .transform(readPairs)
    .refine((read) => read !== null && Object.entries(read).every(([name, value]) => isAccepted(name, value)), {
      message: `must be comma-separated pairs with percent-encoded values, such as ${example}`,
    })
    .transform((read) => read ?? {})
    .optional()

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}

function isBaseUrl(value: string): boolean {
  const url = URL.parse(value)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false
  return `${url.username}${url.password}${url.search}${url.hash}` === '' && !url.pathname.includes('/v1/traces')
}

const SAMPLERS = ['always_on', 'always_off', 'traceidratio'] as const

export const tracingVariables = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .refine(
      isBaseUrl,
      'must be the base URL of a collector, such as http://localhost:4318, without credentials and /v1/traces',
    )
    .optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .enum(['http/protobuf', 'http/json'], 'must be http/protobuf or http/json; gRPC is not supported')
    .default('http/protobuf'),
  OTEL_EXPORTER_OTLP_HEADERS: pairs('authorization=Bearer%20token', isHeader),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs('deployment.environment.name=production'),
  OTEL_TRACES_SAMPLER: z
    .enum(
      [...SAMPLERS, ...SAMPLERS.map((name) => `parentbased_${name}` as const)],
      `must be ${SAMPLERS.join(', ')}, or one of these after parentbased_`,
    )
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(?:0?\.\d+|0|1(?:\.0*)?|0\.)$/, 'must be 0 to 1, the share of traces that a traceidratio sampler keeps')
    .transform(Number)
    .default(1),
})

export type TracingVariables = z.infer<typeof tracingVariables>
