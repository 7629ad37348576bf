// Spans for statements, Redis commands and outgoing requests, which the libraries announce on diagnostics channels.
import { channel, type TracingChannelSubscribers, tracingChannel } from 'node:diagnostics_channel'
import type { Attributes } from './tracing.js'

/** A span for a call to another server. Null outside a traced request. */
export type StartCall = (name: string, attributes: Attributes) => Call | null

export interface Call {
  end(error?: unknown): void
  headers: Headers
}

/** The trace context for the other server. */
type Headers = () => Readonly<Record<string, string>>

/** What the libraries announce about a call, and clients/mariadb-statements.ts in the same form. */
interface Announced {
  /** The text of a statement. */
  query?: string
  values?: unknown
  /** The name of a Redis command. Its arguments are left out: keys contain usernames. */
  command?: string
  /** At the end of a call that failed. */
  error?: unknown
}

interface OutgoingRequest {
  method: string
  origin: string
  addHeader(name: string, value: string): void
}

/**
 * Starts to listen, and returns a function that stops. Without a listener, the libraries announce nothing. `headers`: for a
 * request that has no span because its trace is not recorded.
 */
export function traceLibraries(startCall: StartCall, headers: Headers): () => void {
  const stops = [
    // mysql2 replaces the placeholders of a query, unlike those of a prepared statement.
    onCalls('mysql2:query', ({ query, values }) => startStatement(query, !hasValues(values))),
    onCalls('mysql2:execute', ({ query }) => startStatement(query, true)),
    onCalls('postern:statement', ({ query }) => startStatement(query, true)),
    onCalls('ioredis:command', ({ command = '' }) => {
      const name = command.toUpperCase()
      return startCall(name, { 'db.system.name': 'redis', 'db.operation.name': name })
    }),
    traceFetch(startCall, headers),
  ]

  function startStatement(sql = '', hasPlaceholders: boolean): Call | null {
    const operation = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? 'SQL'
    const table = /\b(?:FROM|INTO|UPDATE)\s+`?(\w+)/i.exec(sql)?.[1]
    return startCall(table === undefined ? operation : `${operation} ${table}`, {
      ...{ 'db.system.name': 'mysql', 'db.operation.name': operation },
      ...(hasPlaceholders && { 'db.query.text': sql }),
    })
  }

  return () => stops.forEach((stop) => stop())
}

const hasValues = (values: unknown): boolean => (Array.isArray(values) ? values.length > 0 : values != null)

/** `start` gets what the library announces at the start of a call. */
function onCalls(name: string, start: (announced: Announced) => Call | null): () => void {
  const calls = new WeakMap<Announced, Call>()
  const finish = (announced: Announced) => {
    calls.get(announced)?.end(announced.error)
    calls.delete(announced)
  }
  const subscribers: TracingChannelSubscribers<Announced> = {
    start(announced) {
      const call = start(announced)
      if (call) calls.set(announced, call)
    },
    end: () => undefined,
    asyncStart: finish,
    asyncEnd: () => undefined,
    error: finish,
  }
  const library = tracingChannel<string, Announced>(name)
  library.subscribe(subscribers)
  return () => {
    library.unsubscribe(subscribers)
  }
}

/** Only the origin is recorded: a path can contain what must stay private, such as a part of a password's hash. */
function traceFetch(startCall: StartCall, headers: Headers): () => void {
  const calls = new WeakMap<object, Call>()
  const end = ({ request, error }: { request: OutgoingRequest; error?: unknown }) => {
    calls.get(request)?.end(error)
    calls.delete(request)
  }
  const listeners = {
    'undici:request:create': ({ request }: { request: OutgoingRequest }) => {
      const { method, origin } = request
      const call = startCall(method, { 'http.request.method': method, 'server.address': URL.parse(origin)?.host ?? '' })
      if (call) calls.set(request, call)
      for (const [name, value] of Object.entries((call?.headers ?? headers)())) request.addHeader(name, value)
    },
    'undici:request:headers': end,
    'undici:request:error': end,
  }
  const subscriptions = Object.entries(listeners).map(([name, listener]) => {
    const listen = (message: unknown) => listener(message as { request: OutgoingRequest })
    channel(name).subscribe(listen)
    return () => channel(name).unsubscribe(listen)
  })
  return () => subscriptions.forEach((stop) => stop())
}
