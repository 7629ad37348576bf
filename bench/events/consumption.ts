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

interface Options {
  /** For the delay of each event. Their list would be the largest part of a worker's memory. */
  keepsTimes: boolean
}

/** In this process. */
export function consumeHere({ keepsTimes }: Options): Consumption {
  let count = 0
  let times: Consumed['times'] = []
  return {
    consumed(eventId) {
      count += 1
      if (keepsTimes) times.push([eventId, now()])
    },
    look() {
      const latest = times
      times = []
      return Promise.resolve({ count, times: latest, resident: memoryBytes(process.pid).resident })
    },
    close: () => Promise.resolve(),
  }
}

/** As the service starts itself: see src/platform/memory.ts. */
const V8_OPTIONS = ['--max-semi-space-size=8']

/** In a worker. */
export async function consumeInWorker({ keepsTimes }: Options): Promise<Consumption> {
  const env = { ...process.env, ROLE: 'worker', BENCH_KEEPS_TIMES: String(keepsTimes) }
  const child = fork(new URL('worker.ts', import.meta.url), { env, execArgv: [...process.execArgv, ...V8_OPTIONS] })
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
