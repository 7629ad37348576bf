// Whose turn it is to be sent to. A process has a place for few receivers at once, and each leaves its place after a few requests.
import type { DueEndpoint } from './tables/due-endpoints.js'

type Lane = 'deployment' | 'people' | 'failing'

/**
 * How many receivers a process sends to at once. Those of the deployment have a place for each that there can be. What people have
 * registered waits for those of people, and what has failed there for a few of its own: hanging receivers take none from the others.
 */
export const PLACES: Readonly<Record<Lane, number>> = { deployment: 50, people: 48, failing: 16 }

/** Of these places, how many a person has. */
const MOST_OF_PERSON = 2

/** How many wait in a lane. What does not fit is found again later. */
const MOST_WAITING = 1000

const laneOf = ({ owner, isFailing }: DueEndpoint): Lane =>
  owner === null ? 'deployment' : isFailing ? 'failing' : 'people'

const laneWith = (places: number) => ({
  places,
  busy: 0,
  /** By id, the next one first. */
  waiting: new Map<string, DueEndpoint>(),
})

/**
 * `take`: sends a little to a webhook. Resolves to false if there was nothing to send, and never rejects. `askAgain` is called after a
 * turn with a webhook that may have more to send: add it once it is known to.
 */
export function createTurns({
  take,
  askAgain,
}: {
  take: (endpoint: DueEndpoint) => Promise<boolean>
  askAgain: (id: string) => void
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
  let isClosed = false

  function count(owner: string | null, change: number): void {
    if (owner === null) return
    const places = (ofPerson.get(owner) ?? 0) + change
    if (places > 0) ofPerson.set(owner, places)
    else ofPerson.delete(owner)
  }

  async function turn(endpoint: DueEndpoint): Promise<void> {
    const { id, owner } = endpoint
    const hasMore = await take(endpoint)
    lanes[laneOf(endpoint)].busy--
    count(owner, -1)
    running.delete(id)
    const wasAdded = addedAgain.delete(id)
    if (hasMore || wasAdded) askAgain(id)
    next()
  }

  function next(): void {
    for (const lane of Object.values(lanes))
      for (const endpoint of lane.waiting.values()) {
        if (isClosed || lane.busy >= lane.places) break
        const { id, owner } = endpoint
        if (owner !== null && (ofPerson.get(owner) ?? 0) >= MOST_OF_PERSON) continue
        lane.waiting.delete(id)
        lane.busy++
        count(owner, 1)
        running.set(id, turn(endpoint))
      }
  }

  const isWaiting = (id: string): boolean => Object.values(lanes).some(({ waiting }) => waiting.has(id))

  return {
    /** They get their turns in this order, behind those that wait already. */
    add(endpoints: readonly DueEndpoint[]): void {
      for (const endpoint of endpoints) {
        const { waiting } = lanes[laneOf(endpoint)]
        if (running.has(endpoint.id)) addedAgain.add(endpoint.id)
        else if (waiting.size < MOST_WAITING && !isWaiting(endpoint.id)) waiting.set(endpoint.id, endpoint)
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
