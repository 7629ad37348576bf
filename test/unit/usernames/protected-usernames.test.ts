import { describe, expect, it } from 'vitest'
import type { ProtectedUsernameRepository } from '../../../src/repositories/usernames/protected-usernames.js'
import type { Transactions } from '../../../src/repositories/database/transactions.js'
import { createProtectedUsernames } from '../../../src/services/usernames/protected-usernames.js'
import type { AuditTrail } from '../../../src/services/audit/index.js'
import { createUsernameAvailability } from '../../../src/services/usernames/availability.js'
import { createUsernamePolicy } from '../../../src/services/usernames/policy.js'

/** The copy of one process. The test answers its reads and sets its clock. */
function start() {
  const reads: PromiseWithResolvers<string[]>[] = []
  const time = { milliseconds: 0 }
  const repository = {
    listAll() {
      const read = Promise.withResolvers<string[]>()
      reads.push(read)
      return read.promise
    },
  }
  const protectedUsernames = createProtectedUsernames({
    repository: repository as unknown as ProtectedUsernameRepository,
    transactions: null as unknown as Transactions,
    audit: null as unknown as AuditTrail,
    ...{ clock: () => new Date(), now: () => time.milliseconds },
  })
  return { protectedUsernames, reads, time }
}

describe('the copy of the protected usernames', () => {
  it('is read once for all callers that find it outdated at the same time', async () => {
    const { protectedUsernames, reads } = start()
    const waiting = Array.from({ length: 100 }, () => protectedUsernames.bringUpToDate())
    expect(reads).toHaveLength(1)
    reads[0]!.resolve(['brand'])
    await Promise.all(waiting)
    expect(protectedUsernames.has('brand')).toBe(true)
  })

  it('is read again if the joined read took so long that it is outdated', async () => {
    const { protectedUsernames, reads, time } = start()
    const waiting = protectedUsernames.bringUpToDate()
    time.milliseconds = 4000
    reads[0]!.resolve([])
    await expect.poll(() => reads.length).toBe(2)
    reads[1]!.resolve(['brand'])
    await waiting
    expect(protectedUsernames.has('brand')).toBe(true)
  })

  it('is refused if every read is late', async () => {
    const { protectedUsernames, reads, time } = start()
    const waiting = expect(protectedUsernames.bringUpToDate()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    for (const turn of [1, 2]) {
      await expect.poll(() => reads.length).toBe(turn)
      time.milliseconds += 4000
      reads[turn - 1]!.resolve([])
    }
    await waiting
  })

  it('is applied in its state after the reads of a check, not before them', async () => {
    const { protectedUsernames, reads, time } = start()
    const refreshed = () => {
      time.milliseconds += 2000
      void protectedUsernames.refresh()
      return reads.at(-1)!
    }
    refreshed().resolve([])
    const policy = createUsernamePolicy({ isReserved: () => false, protectedUsernames })
    const stored = Promise.withResolvers<ReadonlyMap<string, never>>()
    const sent = Promise.withResolvers<null>()
    const availability = createUsernameAvailability({
      usernames: {
        findUnavailable() {
          sent.resolve(null)
          return stored.promise
        },
      } as never,
      cache: { findUnavailable: () => Promise.resolve(new Map()) } as never,
      ...{ processCache: null, policy, clock: () => new Date(), onChecked: () => undefined },
    })
    const answer = availability.check('br4nd')
    await sent.promise
    // The background job reads the list while the check waits for a slow statement.
    refreshed().resolve(['brand'])
    await expect.poll(() => protectedUsernames.has('brand')).toBe(true)
    stored.resolve(new Map<string, never>())
    expect(await answer).toMatchObject({ reason: 'CONFUSABLE' })
  })
})
