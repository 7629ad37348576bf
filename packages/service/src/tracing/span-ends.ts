// Ends spans with the code of an error.
import { type Span, SpanStatusCode } from '@opentelemetry/api'
import type { TracedService } from './tracing.js'

/** Codes of errors that are the service's fault, or its stores'. A refused password is no failure of the service. */
const isFailure = (code: string): boolean =>
  code === 'SERVICE_UNAVAILABLE' || code === 'TIMEOUT' || code === 'INTERNAL_SERVER_ERROR' || /^5\d\d$/.test(code)

export function endWith(span: Span, code: string | undefined, endTime?: number): void {
  if (code !== undefined) {
    span.setAttribute('error.type', code)
    if (isFailure(code)) span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end(endTime)
}

export type EndFailed = (span: Span, error: unknown) => void

/** Records what kind of error it was. Its message can contain values. */
export const createEndFailed =
  (codeOf: TracedService['codeOf']): EndFailed =>
  (span, error) => {
    const answered = codeOf(error)
    if (answered !== undefined) return endWith(span, answered)
    const { code, name } =
      error instanceof Error ? (error as Error & { code?: unknown }) : { code: null, name: 'unknown' }
    span.setStatus({ code: SpanStatusCode.ERROR })
    endWith(span, typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : name)
  }
