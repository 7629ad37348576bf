import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createSocketClient, type Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import { until } from './wait.js'

export const REVOKED = 'subscription { sessionRevoked { sessionId reason current } }'
export const ACTIVITY = 'subscription { accountActivity { id action result actor } }'

export interface Stream {
  /** What has arrived: the value of the root field, or the errors. */
  readonly events: any[]
  readonly errors: any[]
  /** Null while it is open. */
  ended: () => 'complete' | { code?: number; reason?: string; message?: string } | null
  stop: () => void
}

interface Watching {
  subscribe: Client['subscribe']
}

/** Resolves when the service has begun to deliver. */
export async function follow(client: Watching, query: string): Promise<Stream> {
  const stream = { events: [] as any[], errors: [] as any[] }
  let ended: ReturnType<Stream['ended']> = null
  const stop = client.subscribe(
    { query },
    {
      next({ data, errors }) {
        if (errors) stream.errors.push(...errors)
        else stream.events.push(Object.values(data ?? {})[0])
      },
      error: (error) => {
        if (Array.isArray(error)) stream.errors.push(...(error as unknown[]))
        ended = error as object
      },
      complete: () => (ended ??= 'complete'),
    },
  )
  return { ...stream, ended: () => ended, stop }
}

/** A client as pages use it: graphql-ws over a real WebSocket. It never reconnects unless `retries` says so. */
export function overWebSocket(
  url: string,
  params: Record<string, unknown>,
  { headers = {}, retries = 0 }: { headers?: Record<string, string>; retries?: number } = {},
) {
  const closes: { code: number; reason: string }[] = []
  class WithHeaders extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, { headers })
    }
  }
  let isConnected = false
  const client = createSocketClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: params,
    webSocketImpl: WithHeaders,
    lazy: false,
    retryAttempts: retries,
    onNonLazyError: () => undefined,
    on: {
      connected: () => (isConnected = true),
      closed: (event) => {
        isConnected = false
        const { code, reason } = event as { code: number; reason: string }
        closes.push({ code, reason: String(reason) })
      },
    },
  })
  return {
    ...client,
    closes,
    connected: () => until('the WebSocket is connected', () => isConnected || closes.length > 0),
    closed: () => until('the WebSocket is closed', () => closes.at(-1)),
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** The reference client of graphql-sse, in its mode of distinct connections. */
export const overSse = (url: string, headers: Record<string, string>) =>
  createSseClient({ url: `${url}/graphql/stream`, headers, retryAttempts: 0 }) as unknown as Watching & {
    dispose: () => void
  }
