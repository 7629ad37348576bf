// The samplers of OTEL_TRACES_SAMPLER.
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'

const ROOTS: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
}

const PARENT_BASED = 'parentbased_'

/**
 * With `parentbased_…`, the caller's flag decides if the request has a valid traceparent. Otherwise the caller has no say.
 * Spans below the request's always follow it.
 */
export function createSampler(name: string, ratio: number): Sampler {
  const root = ROOTS[name.replace(PARENT_BASED, '')]?.(ratio)
  if (!root) throw new TypeError(`unknown sampler: ${name}`)
  if (name.startsWith(PARENT_BASED)) return new ParentBasedSampler({ root })
  return new ParentBasedSampler({ root, remoteParentSampled: root, remoteParentNotSampled: root })
}
