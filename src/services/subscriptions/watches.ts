// The connections that follow an account: each belongs to a session, and ends with it.
import { ServiceError } from '@postern/service/errors'
import type { AuditRecord } from '../audit/index.js'
import { createEventQueue, type EventQueue } from './event-queue.js'
import type { EndReason } from './reasons.js'

/** A session of the user that has ended. */
export interface EndedSession {
  sessionId: string
  reason: EndReason
  current: boolean
}

/** Why the service closes a connection. */
export type CloseReason = 'session_ended' | 'token_revoked' | 'token_expired' | 'slow_reader' | 'stopping'

/** Whose connection it is. */
export interface Watcher {
  readonly user: { readonly id: string; readonly role: 'USER' | 'ADMIN'; readonly generation: number }
  readonly sessionId: string
  /** When the user had last proved who they are, says the access token. The epoch in tokens of earlier versions. */
  readonly authTime: Date
  /** When the access token expires, in milliseconds. */
  readonly expiresAt: number
}

/** Events that may wait for their reader. */
const MOST_WAITING = 256

/** What the transport of a connection uses. */
export interface Watch {
  readonly userId: string
  endedSessions(): Promise<AsyncIterable<EndedSession>>
  activity(): Promise<AsyncIterable<AuditRecord>>
  /**
   * Events from elsewhere, as long as the connection lasts. `start` calls `deliver` with each, and resolves to what ends that. Rejects
   * as `start` does.
   */
  follow<Event>(start: (deliver: (event: Event) => void) => Promise<() => void>): Promise<AsyncIterable<Event>>
  /** Call it when the connection is closed. */
  end(): void
}

interface Options {
  watcher: Watcher
  /** Closes the connection. The subscriptions have ended by then, and their last events wait for their readers. */
  onOver: (reason: CloseReason) => void
  /** Brings everything that is known up to date. Rejects if the database is unavailable. */
  refresh: () => Promise<void>
  onEnd: () => void
}

export type OpenWatch = ReturnType<typeof createWatch>

export function createWatch({ watcher, onOver, refresh, onEnd }: Options) {
  const endedQueues = new Set<EventQueue<EndedSession>>()
  const activityQueues = new Set<EventQueue<AuditRecord>>()
  /** What ends the events that come from elsewhere. */
  const others = new Set<() => void>()
  let isOver = false
  let isStopping = false

  function finish(): void {
    if (isOver) return
    isOver = true
    for (const queue of [...endedQueues, ...activityQueues]) queue.end()
    for (const leave of others) leave()
    endedQueues.clear()
    activityQueues.clear()
    onEnd()
  }

  function over(reason: CloseReason): void {
    if (isOver) return
    isStopping = reason === 'stopping'
    finish()
    onOver(reason)
  }

  function refuseEnded(): void {
    if (isStopping) throw new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: 1 })
    if (isOver) throw new ServiceError('UNAUTHENTICATED')
  }

  async function subscribe<Event>(queues: Set<EventQueue<Event>>): Promise<AsyncIterable<Event>> {
    // What has happened before is no event.
    await refresh()
    refuseEnded()
    const queue = createEventQueue<Event>(MOST_WAITING, () => queues.delete(queue))
    queues.add(queue)
    return queue.events
  }

  async function follow<Event>(
    start: (deliver: (event: Event) => void) => Promise<() => void>,
  ): Promise<AsyncIterable<Event>> {
    refuseEnded()
    let stop = (): void => undefined
    const queue = createEventQueue<Event>(MOST_WAITING, leave)
    function leave(): void {
      others.delete(leave)
      stop()
      queue.end()
    }
    others.add(leave)
    try {
      stop = await start((event) => {
        if (!queue.add(event)) over('slow_reader')
      })
    } catch (error) {
      leave()
      throw error
    }
    if (isOver) stop()
    return queue.events
  }

  function deliver<Event>(queues: Set<EventQueue<Event>>, event: Event): void {
    for (const queue of queues) if (!queue.add(event)) over('slow_reader')
  }

  return {
    ...watcher,
    userId: watcher.user.id,
    endedSessions: () => subscribe(endedQueues),
    activity: () => subscribe(activityQueues),
    follow,
    deliverEnded: (event: EndedSession) => deliver(endedQueues, event),
    deliverActivity: (entry: AuditRecord) => deliver(activityQueues, entry),
    over,
    end: finish,
  }
}
