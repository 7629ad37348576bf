// Refuses calls whose requests do not arrive: each takes memory, and no limit counts it before its request is complete.
import { constants, type ServerHttp2Stream } from 'node:http2'
import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js'

/** How long a request may take to arrive, as over HTTP. */
const ARRIVAL_TIMEOUT_MS = 10_000

const CHECK_INTERVAL_MS = 1000

/** With headers and a part of a message, each can have 150 KB. */
const MAX_ARRIVING = 2000

type Call = ServerInterceptingCallInterface

const TOO_SLOW = { code: status.DEADLINE_EXCEEDED, details: 'The request took too long to arrive.' }
const TOO_MANY = { code: status.UNAVAILABLE, details: 'Too many requests are about to arrive. Try again in a moment.' }

/** `most`: requests that may be arriving at the same time. Of more, the oldest is refused: all others arrive in milliseconds. */
export function createArrivals({ timeoutMs = ARRIVAL_TIMEOUT_MS, most = MAX_ARRIVING } = {}) {
  /** With the times by which they began, which is their order. */
  const arriving = new Map<Call, number>()

  const timer = setInterval(refuseLate, Math.min(CHECK_INTERVAL_MS, timeoutMs)).unref()

  function refuseLate(): void {
    const oldest = performance.now() - timeoutMs
    for (const [call, startedAt] of arriving) {
      if (startedAt > oldest) return
      refuse(call, TOO_SLOW)
    }
  }

  function refuse(call: Call, why: typeof TOO_SLOW): void {
    arriving.delete(call)
    call.sendStatus(why)
    // grpc-js waits for the client to end it, however long that takes. It has no other way to the stream.
    const stream = Reflect.get(call, 'stream') as ServerHttp2Stream | undefined
    stream?.close(constants.NGHTTP2_NO_ERROR)
  }

  function add(call: Call): void {
    const [oldest] = arriving.size < most ? [] : arriving.keys()
    if (oldest) refuse(oldest, TOO_MANY)
    arriving.set(call, performance.now())
  }

  const interceptor: ServerInterceptor = ({ requestStream }, call) => {
    // A stream may send whenever it has something to say. Only reflection has any.
    if (requestStream) return new ServerInterceptingCall(call)
    return new ServerInterceptingCall(call, {
      start(next) {
        add(call)
        next({
          onReceiveHalfClose(pass) {
            arriving.delete(call)
            pass()
          },
          // After every call.
          onCancel() {
            arriving.delete(call)
          },
        })
      },
    })
  }

  return { interceptor, close: () => clearInterval(timer) }
}
