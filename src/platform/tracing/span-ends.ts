// Ends spans with the code of an error.
import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { AuthError } from '../errors.js'

/** Codes of errors that are the service's fault, or its stores'. A refused password is no failure of the service. */
const isFailure = (code: string): boolean =>
  code === 'SERVICE_UNAVAILABLE' || code === 'INTERNAL_SERVER_ERROR' || /^5\d\d$/.test(code)

export function endWith(span: Span, code: string | undefined, endTime?: number): void {
  if (code !== undefined) {
    span.setAttribute('error.type', code)
    if (isFailure(code)) span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end(endTime)
}

/** Records what kind of error it was. Its message can contain values. */
export function endFailed(span: Span, error: unknown): void {
  if (error instanceof AuthError) return endWith(span, error.code)
  const { code, name } =
    error instanceof Error ? (error as Error & { code?: unknown }) : { code: null, name: 'unknown' }
  span.setStatus({ code: SpanStatusCode.ERROR })
  endWith(span, typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : name)
}
