import { describe, expect, it } from 'vitest'
import type { ProtectedUsernameRepository } from '../../../src/repositories/usernames/protected-usernames.js'
import type { Transactions } from '../../../src/repositories/database/transactions.js'
import { createProtectedUsernames } from '../../../src/services/usernames/protected-usernames.js'
import { createUsernameAvailability } from '../../../src/services/usernames/availability.js'
import { createUsernamePolicy } from '../../../src/services/usernames/policy.js'

/** The copy of one process: the readings it asks for are answered by hand, and its clock is set by hand. */
function start() {
  const readings: PromiseWithResolvers<string[]>[] = []
  const time = { milliseconds: 0 }
  const names = {
    listAll() {
      const reading = Promise.withResolvers<string[]>()
      readings.push(reading)
      return reading.promise
    },
  }
  const protectedNames = createProtectedUsernames({
    names: names as unknown as ProtectedUsernameRepository,
    transactions: null as unknown as Transactions,
    ...{ clock: () => new Date(), now: () => time.milliseconds },
  })
  return { protectedNames, readings, time }
}

describe('the copy of the protected names', () => {
  it('is read once for all that find it old at the same time', async () => {
    const { protectedNames, readings } = start()
    const waiting = Array.from({ length: 100 }, () => protectedNames.bringUpToDate())
    expect(readings).toHaveLength(1)
    readings[0]!.resolve(['brand'])
    await Promise.all(waiting)
    expect(protectedNames.has('brand')).toBe(true)
  })

  it('is read again where the reading that was joined took so long that it is old by now', async () => {
    const { protectedNames, readings, time } = start()
    const waiting = protectedNames.bringUpToDate()
    time.milliseconds = 4000
    readings[0]!.resolve([])
    await expect.poll(() => readings.length).toBe(2)
    readings[1]!.resolve(['brand'])
    await waiting
    expect(protectedNames.has('brand')).toBe(true)
  })

  it('is believed no more when every reading is late', async () => {
    const { protectedNames, readings, time } = start()
    const waiting = expect(protectedNames.bringUpToDate()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    for (const turn of [1, 2]) {
      await expect.poll(() => readings.length).toBe(turn)
      time.milliseconds += 4000
      readings[turn - 1]!.resolve([])
    }
    await waiting
  })

  it('decides as it is when the stores have answered, not as it was when they were asked', async () => {
    const { protectedNames, readings, time } = start()
    const refreshed = () => {
      time.milliseconds += 2000
      void protectedNames.refresh()
      return readings.at(-1)!
    }
    refreshed().resolve([])
    const policy = createUsernamePolicy({ isReserved: () => false, protectedNames })
    const stored = Promise.withResolvers<ReadonlyMap<string, never>>()
    const asked = Promise.withResolvers<null>()
    const availability = createUsernameAvailability({
      usernames: {
        findUnavailable() {
          asked.resolve(null)
          return stored.promise
        },
      } as never,
      cache: { findUnavailable: () => Promise.resolve(new Map()) } as never,
      ...{ processCache: null, policy, clock: () => new Date(), onChecked: () => undefined },
    })
    const answer = availability.check('br4nd')
    await asked.promise
    // The worker reads the names while the check waits for a slow statement.
    refreshed().resolve(['brand'])
    await expect.poll(() => protectedNames.has('brand')).toBe(true)
    stored.resolve(new Map<string, never>())
    expect(await answer).toMatchObject({ reason: 'CONFUSABLE' })
  })
})
