// Counts the calls to a service, and continues the trace of the request in them.
import type { DescMethod } from '@bufbuild/protobuf'
import { type Metadata, status } from '@grpc/grpc-js'
import type { Tracing } from '@postern/service/tracing/tracing'
import { UpstreamError } from '@postern/service/grpc/upstream-error'
import type { Upstream } from '@postern/service/grpc/upstream'

/** `code`: of gRPC, such as OK. Of a stream: of its beginning. */
export type ObserveCall = (service: string, rpc: string, code: string, seconds: number) => void

export function observed(upstream: Upstream, observe: ObserveCall, tracing: Tracing | null): Upstream {
  async function observing<T>(method: DescMethod, metadata: Metadata, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    const finish = (code: string) => observe(upstream.name, method.name, code, (performance.now() - startedAt) / 1000)
    function send() {
      const parent = tracing?.traceParent()
      if (parent != null) metadata.set('traceparent', parent)
      return work()
    }
    const rpc = `${method.parent.typeName}/${method.name}`
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': rpc, 'postern.service': upstream.name }
    try {
      const response = await (tracing ? tracing.inCall(rpc, attributes, send) : send())
      finish('OK')
      return response
    } catch (error) {
      finish(error instanceof UpstreamError ? status[error.code] : 'UNKNOWN')
      throw error
    }
  }

  return {
    ...upstream,
    call: (method, request, metadata, options) =>
      observing(method, metadata, () => upstream.call(method, request, metadata, options)),
    open: (method, request, metadata, options) =>
      observing(method, metadata, () => upstream.open(method, request, metadata, options)),
  }
}
