// better-auth, as a contender.
import { randomBytes } from 'node:crypto'
import type { Contender } from '../load/slices.ts'
import type { Talk } from '../load/traffic.ts'
import { type Candidate, startCandidate } from '../stage/candidate.ts'
import { ID_SQL, NAME_SQL } from '../stage/schemas.ts'
import type { Data, Stage } from '../stage/stage.ts'
import { over } from './over.ts'
import { USERS } from './postern.ts'

export const BETTER_AUTH_SECRET = randomBytes(32).toString('hex')

export interface AuthRunning {
  data: Data
  candidate: Candidate
}

export type AuthTalks = (running: AuthRunning) => Promise<Talk[]>

export const startBetterAuth = (name: string, { urls }: Data, env: Record<string, string> = {}): Promise<Candidate> =>
  startCandidate({
    name,
    file: 'bench/peers/better-auth.ts',
    path: '/api/auth/ok',
    env: { DATABASE_URL: urls.DATABASE_URL, BETTER_AUTH_SECRET, ...env },
  })

/** A database that better-auth has migrated, with as many users as Postern's. */
export async function prepareBetterAuth(stage: Stage): Promise<Data> {
  const data = await stage.data(null)
  const candidate = await startBetterAuth('better-auth', data)
  await candidate.stop()
  await data.database.query(
    `INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt, username, displayUsername)
     SELECT ${ID_SQL}, ${NAME_SQL}, CONCAT(${NAME_SQL}, '@example.com'), FALSE, NOW(3), NOW(3), ${NAME_SQL}, ${NAME_SQL}
     FROM seq_1_to_${USERS}`,
  )
  await data.database.query('ANALYZE TABLE user')
  return data
}

export function betterAuth(name: string, data: Data, talks: AuthTalks, env?: Record<string, string>): Contender {
  return over(
    name,
    () => startBetterAuth(name, data, env),
    (candidate) => talks({ data, candidate }),
  )
}
