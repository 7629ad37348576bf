// Whether the gateway's memory stays flat under minutes of requests of every kind.
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../tools/launch/ports.mjs'
import { startGateway } from '../contenders/gateway.ts'
import { startGrpc } from '../contenders/grpc.ts'
import { signedIn } from '../contenders/rest-talks.ts'
import { clientAt } from '../load/from-address.ts'
import type { Setting } from '../parts/part.ts'
import type { Part, Target } from '../report/results.ts'
import { whole } from '../report/statistics.ts'
import { createLoad } from '../soak/load.ts'
import { type Memory, openInspector } from '../soak/memory.ts'
import { nameOf, settle } from '../stage/schemas.ts'

const LINES = 64
const USERS = LINES * 8
const AT_ONCE = 16
const CAPACITY_MS = 5000
const MINUTE_MS = 60_000
const GROWTH = 0.05

const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)

export async function measureMemory({ stage, note, minutes }: Setting): Promise<Part> {
  note('preparing data')
  const data = await stage.data()
  await settle(data.database, USERS)
  const people = await signedIn(data.database, LINES, stage.secrets.JWT_SECRET)
  const service = await startGrpc(stage, data)
  const port = await freePort()
  const gateway = await startGateway(stage, data, { upstream: service.url, options: [`--inspect-port=${port}`] })
  const inspector = await openInspector(gateway.pid, port)

  const client = clientAt('127.0.0.1')
  let serial = 0
  const person = () => people[++serial % people.length]!
  /** Of paths and texts that no cache may keep for ever. */
  const fresh = () => `fresh_${(++serial).toString(36)}`
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  const request =
    (expected: number, path: string, body?: () => string, headers?: () => Record<string, string>) => async () => {
      const { status, text } = await client.send(new URL(path, gateway.url).href, body?.(), headers?.())
      if (status !== expected) throw new Error(`${path} answered ${status} instead of ${expected}: ${text}`)
    }
  /** A path that is made for each request. */
  const at = (expected: number, path: () => string, headers?: () => Record<string, string>) => () =>
    request(expected, path(), undefined, headers)()
  const alone: [number, () => Promise<void>][] = [
    [4, request(200, '/auth/me', undefined, () => bearer(person().token))],
    [4, request(200, '/auth/validate', () => JSON.stringify({ token: person().token }))],
    [1, request(200, '/auth/validate', () => JSON.stringify({ token: fresh() }))],
    [4, at(200, () => `/usernames/${nameOf((++serial % USERS) + 1)}/availability`)],
    [2, at(200, () => `/usernames/${fresh()}/availability`)],
    [1, request(401, '/auth/me', undefined, () => bearer(fresh()))],
    [1, request(400, '/auth/login', () => `{"${fresh()}": 1}`)],
    [1, request(400, '/auth/login', () => `{"${fresh()}`)],
    [1, at(404, () => `/${fresh()}`)],
  ]
  const load = createLoad({ alone, ofAccount: [] }, [])

  note('measuring the capacity')
  await load.saturate(AT_ONCE, CAPACITY_MS)
  const capacity = await load.saturate(AT_ONCE, CAPACITY_MS)
  let isOver = false
  const begun = performance.now()
  const running = load.steady(capacity / 2, () => isOver)
  const memory: Memory[] = [await load.during(() => inspector.measure())]
  for (let minute = 1; minute <= minutes; minute++) {
    note(`minute ${minute} of ${minutes}`)
    await pause(Math.max(0, begun + minute * MINUTE_MS - performance.now()))
    memory.push(await load.during(() => inspector.measure()))
  }
  isOver = true
  await running
  client.close()
  inspector.close()
  await gateway.stop()
  await service.stop()
  await stage.discard(data)

  // What a process has after its first minute, it keeps.
  const after = memory.slice(1)
  const growth = (what: string, which: keyof Memory): Target => {
    const [first, last] = [after[0]?.[which] ?? NaN, after.at(-1)?.[which] ?? NaN]
    const grown = last / first - 1
    return {
      what: `${what}, from ${megabytes(first)} to ${megabytes(last)} MiB`,
      goal: `< ${100 * GROWTH} %`,
      measured: `${(100 * grown).toFixed(1)} %`,
      spread: '',
      reached: grown < GROWTH,
    }
  }
  return {
    targets: [
      growth(`memory of the gateway from the first to the last of ${minutes} min, heap after a collection`, 'heap'),
      growth('… resident', 'resident'),
    ],
    tables: [
      {
        title: 'Memory of the gateway at the end of each minute',
        columns: ['minute', 'heap, MiB', 'resident, MiB'],
        rows: memory.map(({ heap, resident }, n) => [String(n), megabytes(heap), megabytes(resident)]),
        notes: [
          `Half of the capacity, ${whole(capacity / 2)} requests per second: profiles, tokens, usernames, tokens that are none, malformed bodies and unknown paths.`,
        ],
      },
    ],
  }
}
