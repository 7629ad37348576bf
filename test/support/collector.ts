// A collector of traces for tests: receives OTLP over HTTP and reads its JSON form.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from './wait.js'

interface KeyValue {
  key: string
  value: Record<string, unknown>
}

interface OtlpSpan {
  name: string
  kind: number
  traceId: string
  spanId: string
  parentSpanId?: string
  traceState?: string
  attributes: KeyValue[]
  events: { name: string }[]
  status: { code?: number }
}

interface OtlpBody {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: OtlpSpan[] }[] }[]
}

export type CollectedSpan = Omit<OtlpSpan, 'attributes'> & {
  attributes: Record<string, unknown>
  resource: Record<string, unknown>
}

export interface Delivery {
  path: string
  headers: IncomingMessage['headers']
  body: Buffer
}

/** The kinds of span that OTLP numbers. */
export const KIND = { internal: 1, server: 2, client: 3, consumer: 5 }

const toRecord = (pairs: KeyValue[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))

/** `respond` replaces the usual response, for example with none. */
export async function startCollector({ respond }: { respond?: (response: ServerResponse) => void } = {}) {
  const deliveries: Delivery[] = []
  const spans: CollectedSpan[] = []

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    deliveries.push({ path: request.url ?? '', headers: request.headers, body })
    if (request.headers['content-type'] === 'application/json') read(JSON.parse(body.toString()) as OtlpBody)
    if (respond) respond(response)
    else response.end()
  }

  function read({ resourceSpans }: OtlpBody): void {
    for (const { resource, scopeSpans } of resourceSpans)
      for (const span of scopeSpans.flatMap((scope) => scope.spans))
        spans.push({ ...span, attributes: toRecord(span.attributes), resource: toRecord(resource.attributes) })
  }

  const server = createServer((request, response) => void receive(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    deliveries,
    spans,
    /** The variables of a service that sends its spans here. */
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    /** The spans of a trace, once its request has ended. */
    async trace(traceId: string): Promise<CollectedSpan[]> {
      const ofTrace = () => spans.filter((span) => span.traceId === traceId)
      await until('the span of the request arrives', () => ofTrace().some(({ kind }) => kind === KIND.server))
      return ofTrace()
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

export type Collector = Awaited<ReturnType<typeof startCollector>>

/** The names of the spans below `parent`, as indented lines. */
export function outline(spans: readonly CollectedSpan[], parent: string, depth = 0): string[] {
  const children = spans.filter(({ parentSpanId = '' }) => parentSpanId === parent)
  return children.flatMap(({ name, spanId }) => [`${'  '.repeat(depth)}${name}`, ...outline(spans, spanId, depth + 1)])
}
