// What the consumer has got: in this process, or in a worker if there is RabbitMQ.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { memoryBytes } from '../stage/usage.ts'

/** Milliseconds of a clock that all processes of the machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

export interface Consumed {
  count: number
  /** When each event was consumed that was consumed since the last question. */
  times: [eventId: string, at: number][]
  /** Of the consumer's process. */
  resident: number
}

export interface Consumption {
  consumed: (eventId: string) => void
  look: () => Promise<Consumed>
  close: () => Promise<void>
}

/** In this process. */
export function consumeHere(): Consumption {
  let count = 0
  let times: Consumed['times'] = []
  return {
    consumed(eventId) {
      count += 1
      times.push([eventId, now()])
    },
    look() {
      const latest = times
      times = []
      return Promise.resolve({ count, times: latest, resident: memoryBytes(process.pid).resident })
    },
    close: () => Promise.resolve(),
  }
}

/** In a worker. */
export async function consumeInWorker(): Promise<Consumption> {
  const child = fork(new URL('worker.ts', import.meta.url), { env: { ...process.env, ROLE: 'worker' } })
  await once(child, 'message')
  return {
    consumed: () => undefined,
    async look() {
      child.send('look')
      const [consumed] = (await once(child, 'message')) as [Consumed]
      return consumed
    },
    async close() {
      child.send('close')
      await once(child, 'exit')
    },
  }
}
