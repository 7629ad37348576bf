// Whether documents that are made to be expensive hold the thread.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { clientAt } from '../load/from-address.ts'
import { hostileDocuments } from '../load/hostile-documents.ts'
import { median, percentile } from '../report/statistics.ts'
import { threadMicroseconds } from '../stage/usage.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 32
const EACH = 200
const HEALTH_EVERY_MS = 10
const HELD_MS = 5
const LIVE_MS = 50
const REFUSED_MS = 50
const MAX_ERRORS = 5
/** Different documents of about the largest size, and the memory of the container that must hold them. */
const DISTINCT = 5000
const CONTAINER_MIB = 512

/** Its tokens, aliases and bytes are close to their limits. */
const largest = (serial: number): string => {
  const fields = Array.from({ length: 49 }, (_, n) => `field_${serial}_${n}_${'x'.repeat(40)}: __typename`)
  return `query L${serial} { ${fields.join(' ')} }\n${'#\n'.repeat(1000)}`
}

const residentMib = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

export const hostile: Measure = async ({ stage, note, seconds }) => {
  const data = await stage.data()
  const postern = await stage.postern(data)
  const attacker = clientAt('127.0.0.1')
  const observer = clientAt('127.0.0.2')
  const live = new URL('/health/live', postern.url).href
  let serial = 0
  // Each document is new, so that none is taken from a cache.
  const send = (document: (serial: number) => string) =>
    attacker.send(postern.url, JSON.stringify({ query: document((serial += 1)) }))

  async function healthDuring(work: () => Promise<unknown>): Promise<number[]> {
    const times: number[] = []
    const over = new AbortController()
    const observing = (async () => {
      while (!over.signal.aborted) {
        times.push((await observer.send(live)).milliseconds)
        await pause(HEALTH_EVERY_MS)
      }
    })()
    await work()
    over.abort()
    await observing
    return times
  }

  const quiet = percentile(await healthDuring(() => pause(seconds * 1000)), 99)
  const results = []
  for (const [title, document] of Object.entries(hostileDocuments)) {
    note(title)
    for (let n = 0; n < EACH; n++) await send(document)
    const alone = []
    const before = threadMicroseconds(postern.pid)
    for (let n = 0; n < EACH; n++) alone.push(await send(document))
    const held = (threadMicroseconds(postern.pid) - before) / 1000 / EACH
    const took = median(alone.map(({ milliseconds }) => milliseconds))
    const answers = alone.map(({ text }) => JSON.parse(text) as { errors?: unknown[] })
    const errors = Math.max(...answers.map((answer) => answer.errors?.length ?? 0))
    const accepted = alone.some(({ status }) => status === 200)
    const end = performance.now() + seconds * 1000
    const connection = async () => {
      while (performance.now() < end) await send(document)
    }
    const health = await healthDuring(() => Promise.all(Array.from({ length: CONNECTIONS }, connection)))
    results.push({ title, held, took, errors, accepted, p99: percentile(health, 99) })
  }
  note(`${DISTINCT} different documents`)
  for (let n = 0; n < DISTINCT; n += CONNECTIONS)
    await Promise.all(Array.from({ length: CONNECTIONS }, () => send(largest)))
  const memory = residentMib(postern.pid)
  attacker.close()
  observer.close()
  await postern.stop()
  await stage.discard(data)

  const worst = (numbers: number[]) => Math.max(...numbers)
  const valid = results.filter((each) => each.accepted)
  const accepted = worst(valid.map(({ held }) => held))
  const refused = worst(results.filter((each) => !each.accepted).map(({ took }) => took))
  const p99 = worst(valid.map((each) => each.p99))
  const errors = worst(results.map((each) => each.errors))
  const milliseconds = (value: number) => `${value.toFixed(1)} ms`
  const claim = (what: string, value: number, limit: number, form: (value: number) => string) => ({
    what,
    goal: `≤ ${form(limit)}`,
    measured: form(value),
    spread: '',
    reached: value <= limit,
  })
  return {
    targets: [
      claim(
        'how long the most expensive document that is accepted holds the thread, request included',
        accepted,
        HELD_MS,
        milliseconds,
      ),
      claim('how long the most expensive one that is refused takes', refused, REFUSED_MS, milliseconds),
      claim(
        `resident memory at its highest, after ${DISTINCT} different documents`,
        memory,
        CONTAINER_MIB,
        (value) => `${value.toFixed(0)} MiB`,
      ),
      claim('errors in one answer', errors, MAX_ERRORS, String),
      claim(
        `p99 of /health/live while ${CONNECTIONS} connections send those that are accepted`,
        p99,
        LIVE_MS,
        milliseconds,
      ),
    ],
    tables: [
      {
        title: 'Documents that are made to be expensive',
        columns: [
          '',
          'holds the thread, ms',
          'takes, p50 ms',
          'errors',
          `/health/live p99 ms, ${CONNECTIONS} connections`,
        ],
        rows: results.map(({ title, held, took, errors: count, p99: health }) => [
          title,
          held.toFixed(2),
          took.toFixed(2),
          String(count),
          health.toFixed(1),
        ]),
        notes: [
          'The first figure is the CPU time of the thread, the mean of 200 different documents sent one at a time.',
          `Without them, the p99 of /health/live was ${quiet.toFixed(1)} ms.`,
        ],
      },
    ],
  }
}
