// Answers the polls of receivers (RFC 8936).
import type { SignalRepository, WaitingSignal } from '../../repositories/signals/signals.js'
import type { Refusal } from './refusals.js'
import { isJti, type TokenWriter } from './security-event-tokens.js'

/** As many as one response has at most. */
const MAX_EVENTS = 100

/** How long a poll waits for signals, and how often it looks. Signals of this process wake it up. */
const LONG_POLL_MS = 25_000
const LOOK_MS = 1000

/** A poll is answered this long before its connection would be closed as silent. */
const MARGIN_MS = 5000

/** Polls that wait in this process: for one stream, and together. More are answered at once. */
const MAX_WAITING_PER_STREAM = 2
const MAX_WAITING = 100

export interface PollRequest {
  maxEvents?: number | undefined
  returnImmediately?: boolean | undefined
  ack?: string[] | undefined
  setErrs?: Readonly<Record<string, Refusal>> | undefined
}

export interface PollResponse {
  /** Tokens by `jti`. */
  sets: Record<string, string>
  moreAvailable?: true
}

export type Polling = ReturnType<typeof createPolling>

export function createPolling({
  signals,
  write,
  noteAccepted,
  refuse,
  responseTimeoutMs,
}: {
  signals: SignalRepository
  write: TokenWriter
  /** Called with how many signals the receiver has. */
  noteAccepted: (streamId: string, count: number) => Promise<void>
  refuse: (streamId: string, jti: string, refusal: Refusal) => Promise<void>
  /** After which the server closes the connection of a request without a response. */
  responseTimeoutMs: number
}) {
  const longestMs = Math.min(LONG_POLL_MS, responseTimeoutMs - MARGIN_MS)
  /** The polls that wait, by stream, as functions that make each of them look. */
  const waiting = new Map<string, Set<() => void>>()
  let waitingCount = 0

  /** Resolves after a second, or when signals were recorded here, or the client has disconnected. */
  async function pause(streamId: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<null>()
    const end = () => resolve(null)
    const polls = waiting.get(streamId) ?? new Set()
    const timer = setTimeout(end, LOOK_MS)
    signal.addEventListener('abort', end)
    waiting.set(streamId, polls.add(end))
    waitingCount += 1
    await promise
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    waitingCount -= 1
    polls.delete(end)
    if (polls.size === 0) waiting.delete(streamId)
  }

  const mayWait = (streamId: string): boolean =>
    waitingCount < MAX_WAITING && (waiting.get(streamId)?.size ?? 0) < MAX_WAITING_PER_STREAM

  async function settle(streamId: string, { ack = [], setErrs = {} }: PollRequest): Promise<void> {
    // What is no id of a token is none of these signals, and can't be compared with them.
    const accepted = await signals.remove(streamId, ack.filter(isJti))
    if (accepted > 0) await noteAccepted(streamId, accepted)
    for (const [jti, refusal] of Object.entries(setErrs)) if (isJti(jti)) await refuse(streamId, jti, refusal)
  }

  return {
    /** Makes the polls that wait look for signals. */
    wake(): void {
      for (const polls of waiting.values()) for (const look of polls) look()
    },

    /**
     * Returns what was not acknowledged yet, the oldest first: the same again until the receiver acknowledges it. `signal`
     * ends the wait when the client disconnects, `mustEnd` when the process stops.
     */
    async poll(
      stream: { id: string; audience: string },
      request: PollRequest,
      { signal, mustEnd }: { signal: AbortSignal; mustEnd: () => boolean },
    ): Promise<PollResponse> {
      await settle(stream.id, request)
      const limit = Math.min(request.maxEvents ?? MAX_EVENTS, MAX_EVENTS)
      const endsAt = performance.now() + longestMs
      let found = await signals.listWaiting(stream.id, limit + 1)
      const isOver = () => signal.aborted || mustEnd() || performance.now() >= endsAt || !mayWait(stream.id)
      while (found.length === 0 && limit > 0 && request.returnImmediately !== true && !isOver()) {
        await pause(stream.id, signal)
        found = await signals.listWaiting(stream.id, limit + 1)
      }
      return responseOf(found, limit, (one) => write(one, stream.audience))
    },
  }
}

function responseOf(
  found: readonly WaitingSignal[],
  limit: number,
  write: (one: WaitingSignal) => string,
): PollResponse {
  const sets = Object.fromEntries(found.slice(0, limit).map((one) => [one.jti, write(one)]))
  return { sets, ...(found.length > limit && { moreAvailable: true as const }) }
}
