// Real receivers of what channels send: HTTP/1.1, and HTTP/2 over TLS. Each answers as the test says, well or badly.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthority } from '../../../../test/support/certificates.js'

export interface Received {
  method: string | undefined
  path: string | undefined
  headers: IncomingHttpHeaders
  body: Buffer
}

/** `hang`: never. `close`: the connection is closed without a response. */
export type Answer = { status: number; headers?: Record<string, string>; body?: string | undefined } | 'hang' | 'close'

export interface Receiver {
  url: string
  /** What it got, the latest last. */
  received: Received[]
  answer: Answer | ((request: Received) => Answer | Promise<Answer>)
  close(): Promise<void>
}

type Exchange = [request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse]

function createExchange(receiver: Receiver) {
  return async (...[request, response]: Exchange): Promise<void> => {
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, url: path, headers } = request
    const got = { method, path, headers, body: Buffer.concat(chunks) }
    receiver.received.push(got)
    const answer = typeof receiver.answer === 'function' ? await receiver.answer(got) : receiver.answer
    if (answer === 'hang') return
    if (answer === 'close') return void request.socket.destroy()
    // The two kinds of response have this in common.
    ;(response as ServerResponse).writeHead(answer.status, answer.headers ?? {})
    ;(response as ServerResponse).end(answer.body ?? '')
  }
}

const newReceiver = (): Receiver => ({ url: '', received: [], answer: { status: 201 }, close: () => Promise.resolve() })

export async function startReceiver(): Promise<Receiver> {
  const receiver = newReceiver()
  const exchange = createExchange(receiver)
  const server = createServer((...pair) => void exchange(...pair)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  receiver.close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return receiver
}

export interface Http2Receiver extends Receiver {
  /** The authority of its certificate, as PEM. */
  ca: string
  /** How many connections it has accepted. */
  connections(): number
  /** Asks all clients to open another connection, as servers do before they stop. */
  sendAway(): void
}

export async function startHttp2Receiver(): Promise<Http2Receiver> {
  const authority = createAuthority()
  const receiver = newReceiver()
  const exchange = createExchange(receiver)
  const sessions = new Set<ServerHttp2Session>()
  let connections = 0
  const server = createSecureServer(authority.sign('IP:127.0.0.1'), (...pair) => void exchange(...pair))
  server.on('session', (session) => {
    connections++
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  receiver.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(receiver, {
    ca: authority.ca,
    connections: () => connections,
    sendAway: () => sessions.forEach((session) => session.goaway()),
    async close() {
      for (const session of sessions) session.destroy()
      server.close()
      await once(server, 'close')
      authority.remove()
    },
  })
}
