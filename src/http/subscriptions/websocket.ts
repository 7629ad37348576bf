// Accepts WebSockets at /graphql, and speaks graphql-transport-ws over them.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError } from 'graphql'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type SubscribePayload } from 'graphql-ws'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { ServiceError, type ErrorCode } from '@postern/service/errors'
import { reportError, type RequestFacts, type RequestFactsStore } from '@postern/service/requests/facts'
import type { Config } from '../../config/index.js'
import type { GraphQLContext } from '../../resolvers/context.js'
import type { CloseReason } from '../../services/subscriptions/index.js'
import type { Connection, Connections } from './connections.js'
import type { Operations, Started } from './operations.js'
import { refuseUpgrade, upgradeRefusal } from './upgrades.js'
import type { SocketContexts } from './websocket-context.js'

const ROUTE = '/graphql'

/** In bytes. A document with the largest access token is far smaller. */
const MAX_MESSAGE_BYTES = 32 * 1024

/** How long a client may take to say who it is. */
const INIT_TIMEOUT_MS = 5000

/** A client that has not answered the last ping by the next one is gone. Below the 60 s after which nginx closes. */
const PING_MS = 25_000

/** Subscriptions of one connection, those included that are about to begin. */
const MAX_SUBSCRIPTIONS = 10

/** A client that leaves this much unread, in bytes, is closed. */
const MOST_UNREAD = 64 * 1024

/** How long a closing handshake may take. */
const CLOSE_TIMEOUT_MS = 1000

/** After 4403, clients get a new token and connect again. After 4401, a new token would not help: they give up. */
const CLOSE_CODES: Record<CloseReason, [code: number, words: string]> = {
  session_ended: [CloseCode.Unauthorized, 'The session has ended'],
  token_revoked: [CloseCode.Forbidden, 'The token was revoked'],
  token_expired: [CloseCode.Forbidden, 'The token has expired'],
  slow_reader: [1013, 'Too slow'],
  stopping: [1001, 'Going away'],
}

/** How a connection is refused that could not sign in. */
const REFUSAL_CODES: Partial<Record<ErrorCode, [code: number, words: string]>> = {
  UNAUTHENTICATED: [CloseCode.Forbidden, 'The token is not valid'],
  INVALID_DPOP_PROOF: [CloseCode.Forbidden, 'The DPoP proof is not valid'],
  USE_DPOP_NONCE: [CloseCode.Forbidden, 'The DPoP proof needs a nonce'],
  FORBIDDEN: [CloseCode.Forbidden, 'Forbidden'],
  MFA_ENROLLMENT_REQUIRED: [CloseCode.Forbidden, 'Two-step verification is required'],
  RATE_LIMITED: [CloseCode.TooManyInitialisationRequests, 'Too many connections'],
  SERVICE_UNAVAILABLE: [1013, 'Try again later'],
}

const SERVER_OPTIONS: ServerOptions & { closeTimeout: number } = {
  noServer: true,
  clientTracking: true,
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
  closeTimeout: CLOSE_TIMEOUT_MS,
  handleProtocols: (protocols) => protocols.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
}

/** What belongs to one socket. */
interface Extra {
  facts: RequestFacts
  /** Null once it is signed in: a request takes several KiB. */
  request: IncomingMessage | null
  connection: Connection
  /** Null before it is signed in. */
  context: GraphQLContext | null
  /** Subscriptions that are about to begin, also those that the client has ended since. */
  beginning: number
  /** Subscriptions that have begun and not ended. */
  running: number
  /** Called when the last of them has ended, so that it has sent its last event. */
  onIdle: (() => void) | null
  close: (code: number, words: string) => void
}

type Running = Exclude<Started, { errors: unknown }>

interface Parts {
  config: Config
  connections: Connections
  operations: Operations
  requestFacts: RequestFactsStore
  contextOf: SocketContexts
}

/** Must be called before the server listens. Returns a function that stops the pings. */
export function acceptWebSockets(server: Server, parts: Parts): () => void {
  const { config, connections, requestFacts } = parts
  const sockets = new WebSocketServer(SERVER_OPTIONS)
  const protocol = createProtocol(parts)
  const connectionsOf = new WeakMap<WebSocket, Connection>()
  /** Those whose pong has not arrived yet. */
  const awaited = new WeakSet<WebSocket>()

  function accept(socket: WebSocket, extra: Extra): void {
    const { connection } = extra
    // An error is a violation of the protocol, such as a message that is too long: ws closes the connection.
    socket.on('error', () => connection.ends('refused'))
    socket.on('pong', () => awaited.delete(socket))
    connectionsOf.set(socket, connection)
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => sendOver(socket, text, connection),
        close: (code = CloseCode.BadRequest, words = '') => extra.close(code, words),
        onMessage(handle) {
          const fail = () => extra.close(CloseCode.BadRequest, 'Invalid message')
          socket.on('message', (data: Buffer) => void handle(data.toString()).catch(fail))
        },
      },
      extra,
    )
    socket.once('close', (code, words) => {
      connection.ended('client')
      closed(code, words.toString()).catch(() => undefined)
    })
  }

  function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const facts = requestFacts.of(request)
    facts.route = ROUTE
    const refuse = (refusal: Parameters<typeof refuseUpgrade>[1]) => {
      reportError(facts, refusal.code)
      facts.trace?.end({ route: ROUTE, status: refusal.status, endedAt: performance.now(), code: refusal.code })
      refuseUpgrade(stream, refusal, facts.requestId)
    }
    // Without a listener, a client that disconnects now would end the process.
    const onError = () => stream.destroy()
    stream.on('error', onError)
    const refusal = upgradeRefusal(request, facts, config)
    if (refusal) return refuse(refusal)
    let extra: Extra | null = null
    let connection: Connection
    try {
      connection = connections.open(facts, 'websocket', (reason) => extra && closeAfterEvents(extra, reason))
    } catch (error) {
      const { code, message, retryAfter } = error as ServiceError
      return refuse({ status: code === 'RATE_LIMITED' ? 429 : 503, code, message, retryAfter })
    }
    const onClose = () => connection.ended('refused')
    stream.once('close', onClose)
    sockets.handleUpgrade(request, stream, head, (opened) => {
      stream.off('error', onError).off('close', onClose)
      facts.trace?.end({ route: ROUTE, status: 101, endedAt: performance.now(), code: undefined })
      const close = (code: number, words: string) => {
        connection.ends('refused')
        opened.close(code, words)
      }
      extra = { facts, request, connection, context: null, beginning: 0, running: 0, onIdle: null, close }
      accept(opened, extra)
    })
  }

  /** One timer for all: each socket is awaited until its pong arrives. */
  const pings = setInterval(() => {
    for (const socket of sockets.clients) {
      if (awaited.has(socket)) {
        connectionsOf.get(socket)?.ends('unresponsive')
        socket.terminate()
      } else if (socket.readyState === socket.OPEN) {
        awaited.add(socket)
        socket.ping()
      }
    }
  }, PING_MS).unref()

  server.on('upgrade', upgrade)
  return () => clearInterval(pings)
}

/** Sends what was delivered, then closes. A client that reads too slowly for that does not get it. */
function closeAfterEvents(extra: Extra, reason: CloseReason): void {
  const close = () => extra.close(...CLOSE_CODES[reason])
  if (extra.running === 0 || reason === 'slow_reader') return close()
  extra.onIdle = close
  setTimeout(close, CLOSE_TIMEOUT_MS).unref()
}

function sendOver(socket: WebSocket, text: string, connection: Connection): Promise<void> | undefined {
  if (socket.readyState !== socket.OPEN) return undefined
  if (socket.bufferedAmount <= MOST_UNREAD) return new Promise((resolve) => socket.send(text, () => resolve()))
  connection.ends('slow_reader')
  // If it reads nothing of the end either, the connection is cut soon.
  socket.close(...CLOSE_CODES.slow_reader)
  return undefined
}

function createProtocol({ operations, contextOf }: Parts) {
  const refused = new WeakMap<SubscribePayload, readonly GraphQLFormattedError[]>()

  return makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,

    async onConnect({ connectionParams, extra }) {
      const { facts, request, connection } = extra
      if (!request) return false
      const context = contextOf(request, facts, connectionParams ?? {})
      extra.request = null
      try {
        await connection.signIn(context)
        extra.context = context
        return true
      } catch (error) {
        const code = error instanceof ServiceError ? error.code : 'INTERNAL_SERVER_ERROR'
        reportError(facts, code)
        extra.close(...(REFUSAL_CODES[code] ?? [CloseCode.InternalServerError, code]))
        return false
      }
    },

    async onSubscribe({ subscriptions, extra }, _id, payload) {
      const { facts, context } = extra
      // The library forgets what the client ends, but its work is still under way.
      const isOneTooMany = Object.keys(subscriptions).length > MAX_SUBSCRIPTIONS || extra.beginning >= MAX_SUBSCRIPTIONS
      const own: RequestFacts = { ...facts, errors: [], stage: 'new', refusal: null, trace: null }
      extra.beginning += 1
      const started = await (isOneTooMany || !context ? tooMany(facts) : operations(payload, own, context))
      extra.beginning -= 1
      if ('errors' in started) {
        refused.set(payload, started.errors)
        return [new GraphQLError('refused')]
      }
      // The library passes it to `subscribe`, which returns what is already running.
      return started as Running & ExecutionArgs
    },
    onError: (_context, _id, payload) => refused.get(payload),
    subscribe: (args) => (args as unknown as Running).results,
    onOperation: ({ extra }) => {
      extra.running += 1
    },
    onNext: (_context, _id, _payload, args, result) => (args as unknown as Running).safe(result),
    onComplete({ extra }) {
      extra.running -= 1
      // The library sends the end of the subscription in this turn.
      if (extra.running === 0 && extra.onIdle) setImmediate(extra.onIdle)
    },
  })
}

const tooMany = ({ requestId }: RequestFacts): Started => {
  const message = `A connection can have at most ${MAX_SUBSCRIPTIONS} subscriptions.`
  return { errors: [{ message, extensions: { code: 'BAD_REQUEST', requestId } }] }
}
