// Pushes signals to receivers (RFC 8935).
import { insist } from '@postern/service/insistence'
import type { PushRepository } from '../../repositories/signals/pushes.js'
import type { SignalRepository, WaitingSignal } from '../../repositories/signals/signals.js'
import type { StoredStream, StreamRepository } from '../../repositories/signals/streams.js'
import { readRefusal, type Refusal } from './refusals.js'
import type { TokenWriter } from './security-event-tokens.js'
import type { HeaderSeal } from './stream-secrets.js'

/** How many streams a process pushes at once, and how many signals of each. */
const STREAMS_AT_ONCE = 20
const SIGNALS_PER_ROUND = 20

/** A round starts no push after this time. Each takes at most 10 s, so the lease outlives the round. */
const ROUND_MS = 10_000
const LEASE_SECONDS = 30

/** How long a signal that has arrived is tried to be removed: together with the round, not longer than the lease. */
const REMOVE_MS = 8000

/** The pauses after rounds in which the receiver accepted nothing. */
const RETRY_SECONDS = [1, 2, 5, 15, 60, 300]
const LONGEST_PAUSE_SECONDS = 900

/** A signal that failed so often while others were accepted, and for so long, is refused. */
const GIVE_UP = { attempts: 20, seconds: 86_400 }

/** Sends a request. Throws an error whose message is fit for an administrator. */
export type Post = (
  url: string,
  request: { method: 'POST'; headers: Record<string, string>; body: string },
) => Promise<{ status: number; body: string }>

type Result = 'accepted' | 'refused' | 'failed'

interface Parts {
  pushes: PushRepository
  streams: StreamRepository
  signals: SignalRepository
  write: TokenWriter
  seal: HeaderSeal
  post: Post
  /** Called with how many signals the receiver has. */
  noteAccepted: (streamId: string, count: number) => Promise<void>
  refuse: (streamId: string, jti: string, refusal: Refusal) => Promise<void>
  noteFailure: (streamId: string, failure: string) => Promise<void>
  /** Pushes of a stream ended with an error of this side, such as an outage of the database. */
  onFailure: (error: unknown) => void
}

export function createPushing({ pushes, streams, signals, write, seal, post, ...notes }: Parts) {
  const { noteAccepted, refuse, noteFailure, onFailure } = notes
  let isClosed = false

  async function push(stream: StoredStream, signal: WaitingSignal): Promise<Result> {
    const { id, endpointUrl, audience, sealedAuthorization } = stream
    const authorization = sealedAuthorization && seal.open(sealedAuthorization, id)
    if (sealedAuthorization && authorization === null) {
      await noteFailure(id, 'The Authorization header was stored with another REFRESH_KEY: set it again.')
      return 'failed'
    }
    const headers = {
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      ...(authorization && { authorization }),
    }
    const body = write(signal, audience)
    let response
    try {
      response = await post(endpointUrl ?? '', { method: 'POST', headers, body })
    } catch (error) {
      await noteFailure(id, (error as Error).message)
      return 'failed'
    }
    if (response.status >= 200 && response.status < 300) {
      // What is not removed arrives again.
      await insist(() => signals.remove(id, [signal.jti]), { forMs: REMOVE_MS, isOver: () => isClosed })
      await noteAccepted(id, 1)
      return 'accepted'
    }
    if (response.status === 400) {
      await refuse(id, signal.jti, readRefusal(response.body))
      return 'refused'
    }
    await noteFailure(id, `The receiver answered ${response.status}.`)
    return 'failed'
  }

  /** Pushes the signals of one user in their order: not the next one before this one has arrived. */
  async function pushInOrder(stream: StoredStream, chain: readonly WaitingSignal[], endsAt: number) {
    const done: { jti: string; result: Result }[] = []
    for (const signal of chain) {
      if (isClosed || performance.now() >= endsAt) break
      const result = await push(stream, signal)
      done.push({ jti: signal.jti, result })
      if (result === 'failed') break
    }
    return done
  }

  /** Pushes the oldest signals of a stream, those of different users at once. Returns whether to continue. */
  async function round(id: string): Promise<boolean> {
    const [stream, failures] = await Promise.all([streams.find(id), pushes.countFailures(id)])
    if (!stream) return false
    const endsAt = performance.now() + ROUND_MS
    const chains = Map.groupBy(await signals.listWaiting(id, SIGNALS_PER_ROUND), ({ userId, jti }) => userId ?? jti)
    const done = (await Promise.all([...chains.values()].map((chain) => pushInOrder(stream, chain, endsAt)))).flat()
    const failed = done.filter(({ result }) => result === 'failed')
    const isDown = failed.length > 0 && failed.length === done.length
    // If others were accepted, something may be wrong with this one.
    if (!isDown) for (const { jti } of failed) await signals.fail(id, jti, GIVE_UP)
    const pauseSeconds = failed.length === 0 ? 0 : (RETRY_SECONDS[isDown ? failures : 0] ?? LONGEST_PAUSE_SECONDS)
    await pushes.release(id, { pauseSeconds, failures: isDown ? failures + 1 : 0 })
    return done.length > 0 && failed.length === 0
  }

  /** Of several processes, one pushes a stream, so that what waits arrives in order. If it dies, the lease ends. */
  async function pushStream(id: string): Promise<void> {
    while (!isClosed && (await pushes.lease(id, LEASE_SECONDS)) && (await round(id)));
  }

  const running = new Map<string, Promise<void>>()

  return {
    /** Starts to push what is due. A slow receiver delays no other. Rejects if the database is unavailable. */
    async step(): Promise<void> {
      const free = STREAMS_AT_ONCE - running.size
      const due = isClosed || free === 0 ? [] : await pushes.listDue(free)
      for (const id of due) {
        if (running.has(id)) continue
        const pushed = pushStream(id).catch(onFailure)
        running.set(
          id,
          pushed.finally(() => running.delete(id)),
        )
      }
    },

    /** Finishes the pushes that it has started. */
    async close(): Promise<void> {
      isClosed = true
      await Promise.all(running.values())
    },
  }
}
