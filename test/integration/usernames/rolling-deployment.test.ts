import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMysqlPool, type Pool } from '@postern/service/database/mysql'
import { createWithConnection } from '@postern/service/database/connections'
import { createRead } from '@postern/service/database/reads'
import { createPrisma, type PrismaClient } from '../../../src/clients/prisma.js'
import { createTransactions, type Tx } from '../../../src/repositories/database/transactions.js'
import { createProtectedUsernameRepository } from '../../../src/repositories/usernames/protected-usernames.js'
import { createUsernameRepository } from '../../../src/repositories/usernames/usernames.js'
import { REGISTER, unique, type SignedIn } from '../../support/client.js'
import { connectTestRedis } from '../../support/redis.js'
import { startService, type Service } from '../../support/service.js'
import { previousVersion } from './previous-version.js'

let service: Service
let pool: Pool
let prisma: PrismaClient
let admin: SignedIn
let previous: Awaited<ReturnType<typeof connectPrevious>>

const connectPrevious = async () => {
  const connection = await service.database.connect()
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  return previousVersion(connection)
}

beforeAll(async () => {
  ;(await connectTestRedis()).disconnect()
  service = await startService()
  pool = createMysqlPool(service.database.server, { poolSize: 2, timeout: 10 })
  prisma = createPrisma(service.database.server, { poolSize: 6, timeout: 10 })
  previous = await connectPrevious()
  admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
})
afterAll(async () => {
  await previous.close()
  await prisma.$disconnect()
  await pool.end()
  await service.stop()
})

const UPDATE = 'mutation ($username: String) { updateProfile(input: { username: $username }) { username } }'
const rename = async (username: string | null, { token }: SignedIn) =>
  (await service.graphql(UPDATE, { username }, token)).code
const DELETE = 'mutation { deleteAccount(password: "correct horse") }'
const registrationCode = async (username: string) => {
  const input = { email: `${unique()}@example.com`, password: 'correct horse', username }
  return (await service.graphql(REGISTER, { input })).code
}
const endHold = (username: string) =>
  service.database.query('UPDATE usernames SET held_until = NOW(3) - INTERVAL 1 SECOND WHERE username_key = ?', [
    username,
  ])
const inOneDay = () => new Date(Date.now() + 86_400_000)

describe('the previous version, on the migrated database', () => {
  it('claims, releases, reclaims and retires its usernames as before', async () => {
    const [user, other] = [await service.signUp(), await service.signUp()]
    const username = unique()
    await rename(null, user)
    expect(await previous.claim(username, user.id, new Date())).toBe(true)
    expect(await previous.findOwned(user.id)).toBe(username)
    expect(await previous.findUserId(username)).toBe(user.id)
    expect(await previous.findUnavailable(username, new Date())).toBe('TAKEN')
    await previous.release(username, inOneDay())
    expect(await previous.findUnavailable(username, new Date())).toBe('HELD')
    expect(await previous.claim(username, other.id, new Date())).toBe(false)
    expect(await previous.claim(username, user.id, new Date())).toBe(true)
    await previous.release(username, null)
    expect(await previous.findUnavailable(username, new Date())).toBeNull()
    expect(await previous.claim(username, other.id, new Date())).toBe(true)
    await previous.retire(username)
    expect((await previous.scan(new Date())).get(username)).toBe('TAKEN')
    expect(await previous.claim(username, user.id, new Date())).toBe(false)
  })

  it('grants no username that this version holds, has retired or protects', async () => {
    const [holder, leaver, rival] = [await service.signUp(), await service.signUp(), await service.signUp()]
    await rename(null, holder)
    await service.succeed(DELETE, {}, leaver.token)
    const brand = unique('brand-')
    await service.succeed(
      'mutation ($username: String!) { protectUsername(username: $username) }',
      { username: brand },
      admin.token,
    )
    for (const username of [holder.username, leaver.username, brand]) {
      expect(await previous.findUnavailable(username, new Date())).not.toBeNull()
      expect((await previous.scan(new Date())).has(username)).toBe(true)
      expect(await previous.claim(username, rival.id, new Date())).toBe(false)
      await previous.protect(username, new Date())
      expect(await previous.unprotect(username)).toBe(true)
    }
    expect(await rename(holder.username, holder)).toBeUndefined()
    expect(await previous.findUserId(holder.username)).toBe(holder.id)
  })

  it('refuses a username that this version released, and this version grants it', async () => {
    const [user, other] = [await service.signUp(), await service.signUp()]
    await rename(null, user)
    await endHold(user.username)
    expect(await previous.claim(user.username, other.id, new Date())).toBe(false)
    expect(await rename(user.username, other)).toBeUndefined()
    expect(await previous.findOwned(other.id)).toBe(user.username)
  })
})

describe('this version, while the previous one runs', () => {
  it('holds a username that the previous one released for its last owner, and grants it after the hold', async () => {
    const user = await service.signUp()
    const { owned, held } = await statistics()
    await previous.release(user.username, inOneDay())
    expect(await statistics()).toEqual({ owned: owned - 1, held: held + 1 })
    const history = '{ usernameHistory { username heldUntil } }'
    expect((await service.succeed(history, {}, user.token)).usernameHistory[0].heldUntil).not.toBeNull()
    expect(await registrationCode(user.username)).toBe('USERNAME_TAKEN')
    expect(await rename(user.username, user)).toBeUndefined()
    await previous.release(user.username, inOneDay())
    await endHold(user.username)
    expect(await registrationCode(user.username)).toBeUndefined()
  })

  it('respects usernames that the previous one holds, has retired or protects', async () => {
    const [holder, leaver, brand] = [await service.signUp(), await service.signUp(), unique('brand-')]
    await previous.release(holder.username, inOneDay())
    await previous.retire(leaver.username)
    await previous.protect(brand, new Date())
    const { availability } = service.app.services.usernames
    const reasons = [holder.username, leaver.username, brand].map((username) =>
      availability.findUnavailability(username),
    )
    expect(await Promise.all(reasons)).toEqual(['HELD', 'TAKEN', 'RESERVED'])
    for (const username of [holder.username, leaver.username, brand])
      expect(await registrationCode(username)).toMatch(/^USERNAME_(TAKEN|RESERVED)$/)
    await previous.unprotect(brand)
    await service.app.services.usernames.protectedUsernames.refresh()
    expect(await registrationCode(brand)).toBeUndefined()
  })

  const statistics = async () => {
    const query = '{ usernameStats { owned held } }'
    return (await service.succeed(query, {}, admin.token)).usernameStats as { owned: number; held: number }
  }
})

describe('both versions at once', () => {
  /** The operations of either version on one username of one user. */
  interface Version {
    claim(canonical: string, userId: string, now: Date): Promise<boolean>
    release(canonical: string, heldUntil: Date | null): Promise<void>
    retire(canonical: string): Promise<void>
    protect(canonical: string, now: Date): Promise<void>
    unprotect(canonical: string): Promise<boolean>
  }

  function currentVersion(): Version {
    const read = createRead(createWithConnection(pool, { timeout: 10 }))
    const usernames = createUsernameRepository(read)
    const guarded = createProtectedUsernameRepository(read)
    const run = <T>(work: (tx: Tx) => Promise<T>) =>
      createTransactions(() => Promise.resolve(prisma), { timeout: 10 }).run(work)
    return {
      claim: (canonical, userId, now) =>
        run((tx) => usernames.claim(tx, { canonical, username: canonical, userId, now })).then(
          () => true,
          (error: unknown) => {
            if ((error as { code?: string }).code === 'USERNAME_TAKEN') return false
            throw error
          },
        ),
      release: (canonical, heldUntil) => run((tx) => usernames.release(tx, canonical, heldUntil)),
      retire: (canonical) => run((tx) => usernames.retire(tx, canonical)),
      protect: (canonical, now) => run((tx) => guarded.protect(tx, canonical, now)),
      unprotect: (canonical) => run((tx) => guarded.unprotect(tx, canonical)),
    }
  }

  it('give no username to two users, break no hold, and lose none', async () => {
    const users = await Promise.all(Array.from({ length: 8 }, async () => (await service.signUp()).id))
    const usernames = Array.from({ length: 6 }, () => unique('both-'))
    const current = currentVersion()
    const connections = await Promise.all(users.map(() => connectPrevious()))
    /** The expected owners: removed before a release is sent, added after the response to a claim. */
    const owners = new Map<string, string>()
    const holds = new Map<string, string>()
    const [retired, wrong, claims] = [new Set<string>(), [] as string[], { previous: 0, current: 0 }]
    const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!

    async function act(userId: string, canonical: string, name: 'previous' | 'current', version: Version) {
      const hold = holds.get(canonical)
      if (owners.get(canonical) === userId) {
        const heldUntil = pick([null, inOneDay(), new Date(Date.now() - 1000)])
        const isHeld = heldUntil !== null && heldUntil > new Date()
        owners.delete(canonical)
        if (isHeld) holds.set(canonical, userId)
        await version.release(canonical, heldUntil)
      } else if (await version.claim(canonical, userId, new Date())) {
        claims[name] += 1
        if (owners.has(canonical)) wrong.push(`${canonical} has two owners`)
        if (hold !== undefined && hold !== userId && holds.get(canonical) === hold) wrong.push(`${canonical} was held`)
        holds.delete(canonical)
        owners.set(canonical, userId)
      }
    }

    await Promise.all(
      users.map(async (userId, i) => {
        for (let round = 0; round < 60; round++) {
          const name = pick(['previous', 'current'] as const)
          await act(userId, pick(usernames), name, name === 'current' ? current : connections[i]!)
        }
      }),
    )
    expect(wrong).toEqual([])
    expect(Math.min(claims.previous, claims.current)).toBeGreaterThan(0)

    for (const [canonical, userId] of owners) expect(await previous.findUserId(canonical), canonical).toBe(userId)
    for (const [i, canonical] of usernames.entries()) {
      const [last, version] = [holds.get(canonical), i % 2 ? current : connections[0]!]
      if (owners.has(canonical)) {
        await version.retire(canonical)
        retired.add(canonical)
      }
      for (const userId of users) {
        const mayClaim = !retired.has(canonical) && (last === undefined || last === userId)
        const claimed = await current.claim(canonical, userId, new Date())
        expect(claimed, `${canonical} for ${userId}`).toBe(mayClaim)
        if (!claimed) expect(await connections[1]!.claim(canonical, userId, new Date())).toBe(false)
        else await version.release(canonical, last === undefined ? null : inOneDay())
      }
    }
    await Promise.all(connections.map((connection) => connection.close()))
  })
})
