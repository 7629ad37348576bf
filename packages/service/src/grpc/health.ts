// grpc.health.v1.Health: whether this process should get calls. It says NOT_SERVING as soon as the process is to stop.
import {
  type handleUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  status as codes,
} from '@grpc/grpc-js'
import {
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus as ServingStatus,
  type HealthListRequest,
} from '@postern/proto/health'
import { type CheckReadiness, isReady } from '../requests/readiness.js'

/** How often the state is read while there are watches. */
const WATCH_INTERVAL_MS = 5000

/** Each is an open stream, which no other limit counts. */
const MAX_WATCHERS = 1000

interface Answer {
  status: ServingStatus
}

type WatchCall = ServerWritableStream<HealthCheckRequest, Answer>

interface Watcher {
  call: WatchCall
  sent: ServingStatus | null
}

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = ServingStatus

/** `services`: the names that clients can check, besides the empty one for the process itself. They share one state. */
export function createHealthService(
  readiness: CheckReadiness,
  services: readonly string[],
  maxWatchers = MAX_WATCHERS,
) {
  const known = new Set(['', ...services])
  const watchers = new Set<Watcher>()
  let timer: NodeJS.Timeout | null = null
  let isStopping = false
  const isDraining = () => isStopping

  async function current(): Promise<ServingStatus> {
    if (isDraining()) return NOT_SERVING
    const isServing = await readiness().then(
      ({ status }) => isReady(status),
      () => false,
    )
    // It may have changed during the check.
    return isServing && !isDraining() ? SERVING : NOT_SERVING
  }

  /** A service that is not known here has one status for good: the protocol says to stay, as another version may have it. */
  function send(watcher: Watcher, status: ServingStatus): void {
    if (watcher.sent === status || watcher.sent === SERVICE_UNKNOWN || watcher.call.cancelled) return
    watcher.sent = status
    watcher.call.write({ status })
  }

  async function sendCurrent(): Promise<void> {
    const status = await current()
    for (const watcher of watchers) send(watcher, status)
  }

  function leave(watcher: Watcher): void {
    watchers.delete(watcher)
    if (watchers.size > 0 || !timer) return
    clearInterval(timer)
    timer = null
  }

  const check: handleUnaryCall<HealthCheckRequest, Answer> = ({ request }, callback: sendUnaryData<Answer>) => {
    if (known.has(request.service)) return void current().then((status) => callback(null, { status }))
    callback({ code: codes.NOT_FOUND, details: 'There is no such service.' })
  }

  return {
    handlers: {
      check,

      list(_call: ServerUnaryCall<HealthListRequest, unknown>, callback: sendUnaryData<unknown>): void {
        void current().then((status) =>
          callback(null, { statuses: Object.fromEntries([...known].map((name) => [name, { status }])) }),
        )
      },

      /** The state now, and then each change of it. */
      watch(call: WatchCall): void {
        if (watchers.size >= maxWatchers)
          return void call.emit('error', { code: codes.RESOURCE_EXHAUSTED, details: 'Too many calls of Watch.' })
        const watcher: Watcher = { call, sent: null }
        watchers.add(watcher)
        call.once('cancelled', () => leave(watcher))
        if (!known.has(call.request.service)) return send(watcher, SERVICE_UNKNOWN)
        timer ??= setInterval(() => void sendCurrent(), WATCH_INTERVAL_MS).unref()
        void current().then((status) => send(watcher, status))
      },
    },

    /** Sends NOT_SERVING to all watches: this process should get no more calls. */
    drain(): void {
      isStopping = true
      for (const watcher of watchers) send(watcher, NOT_SERVING)
    },

    /** Ends the watches, which would keep their connections open. */
    close(): void {
      for (const { call } of watchers) call.end()
      if (timer) clearInterval(timer)
    },
  }
}
