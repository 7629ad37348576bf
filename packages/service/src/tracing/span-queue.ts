// The finished spans that wait for the collector: bounded, and counted when they are given up.
import { TraceFlags } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import type { SpanCounts } from './tracing.js'

/** Waiting and on their way together: about 3 MB. */
const MAX_SPANS = 2048

/** `report` gets null after an export that succeeded, and the reason after one that failed. */
export function createSpanQueue(
  exporter: SpanExporter,
  report: (failure: Error | null) => void,
): { processor: SpanProcessor; counts: () => SpanCounts } {
  const counts: SpanCounts = { exported: 0, dropped: 0, failed: 0 }
  let unsent = 0

  const counted: SpanExporter = {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const succeeded = result.code === ExportResultCode.SUCCESS
        unsent -= spans.length
        counts[succeeded ? 'exported' : 'failed'] += spans.length
        report(succeeded ? null : (result.error ?? new Error('the export failed')))
        // The processor would report it again, to a logger that the service does not use.
        done({ code: ExportResultCode.SUCCESS })
      })
    },
    shutdown: () => exporter.shutdown(),
  }
  // The processor's own limit counts only those that wait, so that it never applies.
  const batches = new BatchSpanProcessor({ exporter: counted, maxQueueSize: MAX_SPANS, scheduledDelayMillis: 1000 })

  return {
    counts: () => ({ ...counts }),
    processor: {
      onStart: () => undefined,
      onEnd(span) {
        if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
        if (unsent >= MAX_SPANS) return void (counts.dropped += 1)
        unsent += 1
        batches.onEnd(span)
      },
      forceFlush: () => batches.forceFlush(),
      shutdown: () => batches.shutdown(),
    },
  }
}
