// The state of the consumers' queues, for metrics.
import type { QueueState } from './event-metrics.js'
import type { StoredQueue } from './event-queue.js'
import type { Consumer } from './consumers.js'

/** The time in a UUIDv7, in milliseconds. */
const timeOf = (id: string): number => parseInt(id.replace('-', '').slice(0, 12), 16)

/** Empty queues have no rows, but a state. So has what is left of a consumer that exists no longer. */
export function queueStates(
  stored: readonly StoredQueue[],
  consumers: readonly Consumer[],
  nowMs: number,
): QueueState[] {
  const empty = consumers.map(({ name }) => ({ consumer: name, depth: 0, dead: 0, oldestId: null }))
  const queues = new Map([...empty, ...stored].map((queue) => [queue.consumer, queue]))
  return [...queues.values()].map(({ consumer, depth, dead, oldestId }) => ({
    ...{ consumer, depth, deadLetters: dead },
    ageSeconds: oldestId === null ? 0 : Math.max(0, (nowMs - timeOf(oldestId)) / 1000),
  }))
}
