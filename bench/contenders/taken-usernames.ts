// Taken usernames, all of them in Redis.
import type { Build } from './postern.ts'
import { checks } from './postern-talks.ts'
import { TAKEN } from '../load/answers.ts'
import { openTraffic } from '../load/traffic.ts'
import type { Setting } from '../parts/part.ts'
import { nameOf } from '../stage/schemas.ts'

const NAMES = 10_000
const CONNECTIONS = 64
const MOST_ATTEMPTS = 5

export const takenNames = Array.from({ length: NAMES }, (_, n) => nameOf(n + 1))

/** Long enough that no name expires while contenders take turns. */
export const longCache = { USERNAME_CACHE_TTL: '86400' }

/** Without a hold on released usernames, there is no process cache: every check reads Redis. */
export const onlyRedis = { ...longCache, USERNAME_HOLD: '0' }

/** Fills Redis by checks of a Postern that is not measured: so the entries have the form that the build gives them. */
export async function fillRedis({ stage, note }: Pick<Setting, 'stage' | 'note'>, build: Build): Promise<void> {
  note(`filling Redis, ${build.name}`)
  const candidate = await stage.postern(build.data, { ...build, env: onlyRedis })
  const talks = checks(CONNECTIONS, takenNames, () => TAKEN)
  const traffic = openTraffic(candidate.url, await talks({ candidate }))
  for (let attempt = 1; (await build.data.redis.dbsize()) < NAMES; attempt++) {
    if (attempt > MOST_ATTEMPTS) throw new Error('Postern did not put the usernames into Redis.')
    await traffic.times(NAMES)
  }
  traffic.close()
  await candidate.stop()
}
