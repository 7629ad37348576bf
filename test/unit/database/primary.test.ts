import { beforeEach, describe, expect, it } from 'vitest'
import { createOpenConnections, type OpenConnection } from '@postern/service/database/open-connections'
import type { ServerState } from '@postern/service/database/server-state'
import { createPrimary } from '@postern/service/database/primary'

const TURN_MS = 2000
const MINUTE_MS = 60_000

let now: number
let connections: ReturnType<typeof createOpenConnections>
let primary: ReturnType<typeof createPrimary>
/** What a new connection finds. */
let reach: () => ServerState
let probes: number
let closed: { connection: OpenConnection; urgent: boolean }[]
let retired: Record<string, number>

const writable = (server: string): ServerState => ({ server, readOnly: false })
const readOnly = (server: string): ServerState => ({ server, readOnly: true })

/** A small generator of pseudorandom numbers (mulberry32), so that a failure can be repeated. */
function seeded(seed: number) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function open(server: string | null): OpenConnection {
  const connection = connections.add({
    isOpen: () => true,
    close: (urgent) => void closed.push({ connection, urgent }),
  })
  connection.server = server
  return connection
}

/** Like the background job. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    now += TURN_MS
    await primary.check().catch(() => undefined)
  }
}

beforeEach(() => {
  ;[now, probes, closed, retired] = [0, 0, [], {}]
  reach = () => writable('A')
  connections = createOpenConnections(() => now, seeded(1))
  primary = createPrimary({
    connections,
    async probe() {
      probes += 1
      return reach()
    },
    onRetired: (reason, count) => (retired[reason] = (retired[reason] ?? 0) + count),
  })
})

describe('a connection', () => {
  it('stays while new connections reach its server', async () => {
    open('A')
    await turns(200)
    expect({ closed, probes }).toEqual({ closed: [], probes: 200 })
  })

  it('is closed within three turns once new connections reach another server', async () => {
    const connection = open('A')
    await turns(1)
    reach = () => writable('B')
    await turns(3)
    expect(closed).toEqual([{ connection, urgent: true }])
    expect(retired).toEqual({ moved: 1 })
    await turns(10)
    expect(closed.length).toBe(1)
  })

  it('is closed in the first turn after a write was refused', async () => {
    open('A')
    await turns(1)
    reach = () => writable('B')
    now += 600
    primary.suspect()
    await primary.check()
    expect(retired).toEqual({ moved: 1 })
  })

  it('is closed if its server is read-only and another one is not', async () => {
    const [a, b] = [open('A'), open('B')]
    let turn = 0
    reach = () => (turn++ % 2 === 0 ? readOnly('A') : writable('B'))
    await turns(2)
    expect(closed).toEqual([{ connection: a, urgent: true }])
    expect(b.retired).toBe(false)
    expect(retired).toEqual({ read_only: 1 })
  })

  it('stays while new connections reach only a read-only server: they would get nothing better', async () => {
    open('A')
    await turns(1)
    reach = () => readOnly('A')
    await turns(100)
    reach = () => readOnly('B')
    await turns(100)
    expect(closed).toEqual([])
  })

  it('stays while new connections fail', async () => {
    open('A')
    reach = () => {
      throw new Error('ECONNREFUSED')
    }
    await turns(500)
    expect({ closed, probes }).toEqual({ closed: [], probes: 500 })
  })

  it('is closed if its server does not say which one it is', async () => {
    open(null)
    await turns(1)
    expect(closed).toEqual([])
    await turns(3)
    expect(retired).toEqual({ moved: 1 })
  })

  it('is closed after 8 to 12 minutes, without haste, and not together with all others', async () => {
    for (let i = 0; i < 20; i++) open('A')
    await turns((8 * MINUTE_MS) / TURN_MS - 1)
    expect(closed).toEqual([])
    await turns((2 * MINUTE_MS) / TURN_MS)
    expect(closed.length).toBeGreaterThan(4)
    expect(closed.length).toBeLessThan(16)
    await turns((2 * MINUTE_MS) / TURN_MS + 2)
    expect(closed.length).toBe(20)
    expect(closed.some(({ urgent }) => urgent)).toBe(false)
    expect(retired).toEqual({ age: 20 })
  })
})

describe('several servers behind one address', () => {
  it.each([2, 3])('are all kept when new connections reach one of %i at random', async (count) => {
    const random = seeded(count)
    const servers = Array.from({ length: count }, (_, i) => `server ${i}`)
    reach = () => writable(servers[Math.floor(random() * count)] ?? '')
    for (const server of servers) for (let i = 0; i < 8; i++) open(server).expiresAt = Infinity
    const minutes = 30
    await turns((minutes * MINUTE_MS) / TURN_MS)
    // Less than age alone closes, and a few new connections for each turn.
    expect(closed.length).toBeLessThan((8 * count * minutes) / 10)
    expect(probes).toBeLessThan((4 * minutes * MINUTE_MS) / TURN_MS)
  })
})

describe('a lock', () => {
  it('is on the primary if new connections reached its server lately', async () => {
    connections.sighted(writable('A'))
    now += 2000
    expect(await primary.isPrimary('A')).toBe(true)
    expect(probes).toBe(0)
  })

  it('is not on the primary once new connections reach another server', async () => {
    open('A').expiresAt = Infinity
    await turns(1)
    reach = () => writable('B')
    now += 3500
    expect(await primary.isPrimary('A')).toBe(false)
    expect(await primary.isPrimary('B')).toBe(true)
  })

  it('is not on the primary if its server is read-only or can no longer be reached', async () => {
    reach = () => readOnly('A')
    expect(await primary.isPrimary('A')).toBe(false)
    reach = () => writable('A')
    expect(await primary.isPrimary('A')).toBe(true)
    now += 10_000
    reach = () => {
      throw new Error('ETIMEDOUT')
    }
    expect(await primary.isPrimary('A')).toBe(false)
  })

  it('stays on the primary while the server has no connection to spare', async () => {
    await primary.check()
    now += 60_000
    reach = () => {
      throw Object.assign(new Error('Too many connections'), { errno: 1040 })
    }
    expect(await primary.isPrimary('A')).toBe(true)
    expect(await primary.isPrimary('B')).toBe(false)
  })
})

it('a refused write starts at most one check in half a second', async () => {
  await turns(1)
  for (let i = 0; i < 1000; i++) {
    now += 1
    primary.suspect()
    await Promise.resolve()
  }
  expect(probes).toBeLessThanOrEqual(3)
})
