// Ends calls whose clients neither complete the request nor take the response: each takes memory, and no limit counts it then.
import { constants, type ServerHttp2Stream } from 'node:http2'
import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js'

/** How long a request may take to arrive, as over HTTP, and a response to be taken. */
const TIMEOUT_MS = 10_000

const CHECK_INTERVAL_MS = 1000

/** With headers and a part of a message, each can have 150 KB. */
const MAX_WAITING = 2000

/** In a burst, thousands wait for moments. */
const GRACE_MS = 500

type Call = ServerInterceptingCallInterface

/** What a handler has of a call. */
interface Handled {
  readonly metadata: object
}

const TOO_SLOW = { code: status.DEADLINE_EXCEEDED, details: 'The request took too long to arrive.' }
const TOO_MANY = { code: status.UNAVAILABLE, details: 'Too many requests are about to arrive. Try again in a moment.' }

/** `most`: calls that may wait for their clients at the same time. Of more, the oldest ends if it has waited for `graceMs`. */
export function createArrivals({ timeoutMs = TIMEOUT_MS, most = MAX_WAITING, graceMs = GRACE_MS } = {}) {
  /** Calls that wait for their clients, and since when, which is their order. */
  const waiting = new Map<Call, number>()
  const answered = new WeakSet<Call>()
  /** The calls with response streams, by what their handlers know them by. */
  const streaming = new WeakMap<object, Call>()

  const timer = setInterval(endLate, Math.min(CHECK_INTERVAL_MS, timeoutMs)).unref()

  function endLate(): void {
    const oldest = performance.now() - timeoutMs
    for (const [call, since] of waiting) {
      if (since > oldest) return
      end(call, TOO_SLOW)
    }
  }

  function end(call: Call, why: typeof TOO_SLOW): void {
    waiting.delete(call)
    if (!answered.has(call)) call.sendStatus(why)
    close(call)
  }

  /** grpc-js waits for the client, however long that takes. It has no other way to the stream. */
  function close(call: Call, code = answered.has(call) ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_NO_ERROR): void {
    const stream = Reflect.get(call, 'stream') as ServerHttp2Stream | undefined
    stream?.close(code)
  }

  function add(call: Call): void {
    const now = performance.now()
    waiting.delete(call)
    const [oldest] = waiting.size < most ? [] : waiting
    if (oldest && oldest[1] <= now - graceMs) end(oldest[0], TOO_MANY)
    waiting.set(call, now)
  }

  const interceptor: ServerInterceptor = ({ requestStream, responseStream }, call) => {
    // A stream may send whenever it has something to say. Only reflection has any.
    if (requestStream) return new ServerInterceptingCall(call)
    return new ServerInterceptingCall(call, {
      start(next) {
        add(call)
        next({
          onReceiveMetadata(metadata, pass) {
            if (responseStream) streaming.set(metadata, call)
            pass(metadata)
          },
          onReceiveHalfClose(pass) {
            waiting.delete(call)
            pass()
          },
          /** After every call. The deadline of a client may end one whose request has not arrived. */
          onCancel() {
            if (waiting.delete(call) && !answered.has(call)) close(call)
          },
        })
      },
      sendMessage(message, next) {
        // A stream of Watch is as quiet as the state. There are few of them.
        if (!responseStream) {
          answered.add(call)
          add(call)
        }
        next(message)
      },
    })
  }

  return {
    interceptor,
    /** Ends a call whose client does not read its response stream: for the client, with RESOURCE_EXHAUSTED. */
    cutOff({ metadata }: Handled): void {
      const call = streaming.get(metadata)
      if (call) close(call, constants.NGHTTP2_ENHANCE_YOUR_CALM)
    },
    close: () => clearInterval(timer),
  }
}
