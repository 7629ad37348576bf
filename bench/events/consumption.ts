// What the consumer has got: in this process, or in a worker if there is RabbitMQ.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memoryBytes } from '../stage/usage.ts'

/** Milliseconds of a clock that all processes of the machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

export interface Consumed {
  count: number
  /** When each event was consumed that was consumed since the last question. */
  times: [eventId: string, at: number][]
}

/** In bytes, of the consumer's process after a full garbage collection. */
export interface Weight {
  heap: number
  resident: number
}

export interface Consumption {
  consumed: (eventId: string) => void
  look: () => Promise<Consumed>
  weigh: () => Promise<Weight>
  close: () => Promise<void>
}

interface Options {
  /** For the delay of each event. Their list would be the largest part of a worker's memory. */
  keepsTimes: boolean
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
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
      return Promise.resolve({ count, times: latest })
    },
    weigh() {
      collectGarbage()
      return Promise.resolve({ heap: process.memoryUsage().heapUsed, resident: memoryBytes(process.pid).resident })
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
  async function ask<Answer>(question: 'look' | 'weigh'): Promise<Answer> {
    child.send(question)
    const [answer] = (await once(child, 'message')) as [Answer]
    return answer
  }
  return {
    consumed: () => undefined,
    look: () => ask<Consumed>('look'),
    weigh: () => ask<Weight>('weigh'),
    async close() {
      child.send('close')
      await once(child, 'exit')
    },
  }
}
