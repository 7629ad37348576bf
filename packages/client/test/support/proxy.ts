import { once } from 'node:events'
import { createServer, request as forward, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A call that passed through. */
export interface Call {
  readonly query: string
  readonly variables: Record<string, any>
  readonly headers: IncomingHttpHeaders
  /** The response, after it has arrived. */
  answer?: string
}

/** A response in place of the service's; `cut` closes the connection instead. */
export type Instead = 'cut' | { status: number; headers?: Record<string, string>; body?: string }

type Hook = (call: Call) => Promise<Instead | undefined> | Instead | undefined

export interface Proxy {
  readonly origin: string
  /** The endpoint, for the client. */
  readonly url: string
  /** Where calls are forwarded to. */
  target: string
  readonly calls: Call[]
  /** The calls whose document contains this text. */
  of(field: string): Call[]
  /** Run before a call is forwarded, and before its response is. They can delay it, or return another response. */
  onCall: Hook
  onAnswer: Hook
  close(): Promise<void>
}

/** A promise that waits to be resolved by `open`. */
export function createDoor() {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  return { opened: promise, open: () => resolve(undefined) }
}

/** The service on an origin of its own, next to `pages` by their paths. Records every call, and can change it. */
export async function startProxy(target: string, pages: Record<string, { type: string; body: string }> = {}) {
  // As the service: a client that keeps connections must not meet one that is just being closed.
  const server = createServer({ keepAliveTimeout: 72_000 }, (incoming, answer) => {
    const page = pages[incoming.url?.split('?')[0] ?? '']
    if (page) return answer.setHeader('content-type', page.type).end(page.body)
    if (incoming.method !== 'POST') return answer.writeHead(404).end()
    void pass(incoming).then((response) => {
      if (response === 'cut') return incoming.socket.destroy()
      answer.writeHead(response.status, response.headers).end(response.body)
    })
  })

  async function pass(incoming: IncomingMessage): Promise<Instead> {
    const body = await buffer(incoming)
    const call: Call = { headers: incoming.headers, ...JSON.parse(body.toString()) }
    proxy.calls.push(call)
    const instead = await proxy.onCall(call)
    if (instead) return instead
    const forwarded = forward(`${proxy.target}/graphql`, { method: 'POST', headers: incoming.headers })
    forwarded.end(body)
    const [response] = (await once(forwarded, 'response')) as [IncomingMessage]
    call.answer = (await buffer(response)).toString()
    const headers = response.headers as Record<string, string>
    return (await proxy.onAnswer(call)) ?? { status: response.statusCode ?? 0, headers, body: call.answer }
  }

  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const proxy: Proxy = {
    origin,
    url: `${origin}/graphql`,
    target,
    calls: [],
    of: (field) => proxy.calls.filter(({ query }) => query.includes(field)),
    onCall: () => undefined,
    onAnswer: () => undefined,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}
