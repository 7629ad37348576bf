import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabaseClock } from '@postern/service/database/database-clock'

const HOUR_MS = 3_600_000

let machine: { wall: number; monotonic: number; database: number }
let roundTripMs: number

beforeEach(() => {
  machine = { wall: 1_800_000_000_000, monotonic: 5000, database: 1_800_000_000_000 }
  roundTripMs = 0
})

function advance(milliseconds: number): void {
  machine.wall += milliseconds
  machine.monotonic += milliseconds
  machine.database += milliseconds
}

const clock = () =>
  createDatabaseClock(
    async <Row>() => {
      advance(roundTripMs / 2)
      const row = { seconds: String(machine.database / 1000) } as Row
      advance(roundTripMs / 2)
      return Promise.resolve([row])
    },
    { wall: () => machine.wall, monotonic: () => machine.monotonic },
  )

describe("the database's clock", () => {
  it('is used instead of the clock of this machine', async () => {
    machine.wall += HOUR_MS
    const { now, synchronize, offsetMs, agrees } = clock()
    await synchronize()
    advance(1500)
    expect(now().getTime()).toBe(machine.database)
    expect(offsetMs()).toBe(HOUR_MS)
    expect(agrees()).toBe(false)
  })

  it('does not follow when the clock of this machine is set', async () => {
    const { now, synchronize, agrees } = clock()
    await synchronize()
    expect(agrees()).toBe(true)
    machine.wall -= HOUR_MS
    expect(now().getTime()).toBe(machine.database)
    expect(agrees()).toBe(false)
    machine.wall += HOUR_MS
    expect(agrees()).toBe(true)
  })

  it("follows when the database's clock is set, and no longer agrees with this machine", async () => {
    const { now, synchronize, offsetMs } = clock()
    await synchronize()
    machine.database += HOUR_MS
    await synchronize()
    expect(Math.abs(now().getTime() - machine.database)).toBeLessThanOrEqual(1)
    expect(Math.abs(offsetMs() + HOUR_MS)).toBeLessThanOrEqual(1)
  })

  it('counts half of the round trip', async () => {
    roundTripMs = 400
    const { now, synchronize } = clock()
    await synchronize()
    expect(now().getTime()).toBe(machine.database)
  })

  it('ignores a response that was slow, and a difference below the uncertainty', async () => {
    const { now, synchronize } = clock()
    await synchronize()
    const before = now().getTime()
    roundTripMs = 5000
    machine.database += HOUR_MS
    await synchronize()
    expect(now().getTime()).toBe(before + 5000)
    machine.database -= HOUR_MS
    roundTripMs = 100
    machine.database += 40
    await synchronize()
    expect(now().getTime()).toBe(before + 5100)
  })

  it('begins with the fastest of several responses', async () => {
    // The first response comes back slowly: half of its round trip is not the way there.
    const backMs = [900, 10, 300]
    const { now, synchronize } = createDatabaseClock(
      async <Row>() => {
        const row = { seconds: String(machine.database / 1000) } as Row
        advance(backMs.shift() ?? 0)
        return Promise.resolve([row])
      },
      { wall: () => machine.wall, monotonic: () => machine.monotonic },
    )
    await synchronize()
    expect(backMs).toEqual([300])
    expect(machine.database - now().getTime()).toBe(5)
  })

  it('moves no further than it was wrong for certain', async () => {
    const { now, synchronize } = clock()
    await synchronize()
    machine.database += 400
    roundTripMs = 600
    await synchronize()
    expect(machine.database - now().getTime()).toBe(301)
  })

  it('allows 5 s between the two clocks', async () => {
    const { synchronize, agrees } = clock()
    await synchronize()
    machine.wall += 5000
    expect(agrees()).toBe(true)
    machine.wall += 1
    expect(agrees()).toBe(false)
  })
})
