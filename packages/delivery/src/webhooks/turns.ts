// Whose turn it is to be sent to. A process has a place for few receivers at once, and each leaves its place after a few requests.
import { createPlaceTime } from './place-time.js'
import type { DueEndpoint } from './tables/due-endpoints.js'

type Lane = 'deployment' | 'people' | 'failing'

/**
 * How many receivers a process sends to at once. Those of the deployment have a place for each that there can be. What people have
 * registered waits for those of people. What has failed there, and all of a person whose receivers are slow, waits for a few of its
 * own: hanging receivers take none from the others.
 */
export const PLACES: Readonly<Record<Lane, number>> = { deployment: 50, people: 48, failing: 16 }

/** Of these places, how many a person has. */
const MOST_OF_PERSON = 2

/** How many wait in a lane. What does not fit is found again later. */
const MOST_WAITING = 1000

/** What a turn has come to. */
export interface Turn {
  /** False if there was nothing to send. */
  hasMore: boolean
  /** For how long its receiver had the place. */
  heldMs: number
}

const laneWith = (places: number) => ({
  places,
  busy: 0,
  /** By id, the next one first. */
  waiting: new Map<string, DueEndpoint>(),
})

/**
 * `take`: sends a little to a webhook, and never rejects. `askAgain` is called after a turn with a webhook that may have more to send:
 * add it once it is known to. `now`: in milliseconds.
 */
export function createTurns({
  take,
  askAgain,
  now,
}: {
  take: (endpoint: DueEndpoint) => Promise<Turn>
  askAgain: (id: string) => void
  now?: () => number
}) {
  const lanes: Readonly<Record<Lane, ReturnType<typeof laneWith>>> = {
    deployment: laneWith(PLACES.deployment),
    people: laneWith(PLACES.people),
    failing: laneWith(PLACES.failing),
  }
  const running = new Map<string, Promise<void>>()
  /** What was added during its turn. */
  const addedAgain = new Set<string>()
  /** How many places a person has taken. */
  const ofPerson = new Map<string, number>()
  const placeTime = createPlaceTime(now)
  let isClosed = false

  /** By the person, and not by the webhook alone: one that is turned on again, or registered anew, has not failed yet. */
  function laneOf({ owner, isFailing }: DueEndpoint): Lane {
    if (owner === null) return 'deployment'
    return isFailing || placeTime.isUsedUp(owner) ? 'failing' : 'people'
  }

  function count(owner: string | null, change: number): void {
    if (owner === null) return
    const places = (ofPerson.get(owner) ?? 0) + change
    if (places > 0) ofPerson.set(owner, places)
    else ofPerson.delete(owner)
  }

  async function turn(endpoint: DueEndpoint, lane: Lane): Promise<void> {
    const { id, owner } = endpoint
    const { hasMore, heldMs } = await take(endpoint)
    lanes[lane].busy--
    count(owner, -1)
    if (owner !== null) placeTime.add(owner, heldMs)
    running.delete(id)
    const wasAdded = addedAgain.delete(id)
    if (hasMore || wasAdded) askAgain(id)
    next()
  }

  function wait(endpoint: DueEndpoint): void {
    const { waiting } = lanes[laneOf(endpoint)]
    if (waiting.size < MOST_WAITING) waiting.set(endpoint.id, endpoint)
  }

  function nextOf(name: Lane): void {
    const lane = lanes[name]
    for (const endpoint of lane.waiting.values()) {
      if (isClosed || lane.busy >= lane.places) return
      const { id, owner } = endpoint
      if (owner !== null && (ofPerson.get(owner) ?? 0) >= MOST_OF_PERSON) continue
      lane.waiting.delete(id)
      // Others of the same person can have been slow since it was added.
      if (name === 'people' && laneOf(endpoint) !== name) {
        wait(endpoint)
        continue
      }
      lane.busy++
      count(owner, 1)
      running.set(id, turn(endpoint, name))
    }
  }

  function next(): void {
    nextOf('deployment')
    nextOf('people')
    nextOf('failing')
  }

  const isWaiting = (id: string): boolean => Object.values(lanes).some(({ waiting }) => waiting.has(id))

  return {
    /** They get their turns in this order, behind those that wait already. */
    add(endpoints: readonly DueEndpoint[]): void {
      for (const endpoint of endpoints) {
        if (running.has(endpoint.id)) addedAgain.add(endpoint.id)
        else if (!isWaiting(endpoint.id)) wait(endpoint)
      }
      next()
    },

    /** Begins no more turns. Resolves when those that have begun have ended. */
    async close(): Promise<void> {
      isClosed = true
      await Promise.all(running.values())
    },
  }
}
