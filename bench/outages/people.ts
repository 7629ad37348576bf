// The load: people who register, sign in and sign out, and what was acknowledged to them.
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { PASSWORD } from '../stage/people.ts'
import { type Answer, createBalancer } from '../soak/balancer.ts'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }'
const LOGOUT = 'mutation { logout }'

const AT_ONCE = 12
/** While a server is down, people try again after this time. */
const PAUSE_MS = 50

const isDone = ({ status, code }: Answer) => status === 200 && code === ''

const sessionOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }).sid

export type People = ReturnType<typeof createPeople>

export function createPeople(url: string) {
  const balancer = createBalancer(() => [url])
  /** The ids of accounts, and of sessions. */
  const acknowledged = { registrations: new Set<string>(), logouts: new Set<string>() }
  /** Answers that were not a success: the change may have happened or not. */
  let unacknowledged = 0
  const wrong: string[] = []

  async function call(query: string, variables: object, token?: string): Promise<Record<string, any> | null> {
    const answer = await balancer.call(query, variables, token)
    if (isDone(answer)) return answer.data
    unacknowledged += 1
    if (answer.code !== 'SERVICE_UNAVAILABLE') wrong.push(`${answer.status} ${answer.text.slice(0, 200)}`)
    await pause(PAUSE_MS)
    return null
  }

  async function register(email: string, username: string): Promise<string | null> {
    const data = await call(REGISTER, { input: { email, username, password: PASSWORD } })
    const id = data?.['register'].user.id as string | undefined
    if (id !== undefined) acknowledged.registrations.add(id)
    return id ?? null
  }

  async function signIn(email: string): Promise<string | null> {
    const data = await call(LOGIN, { input: { email, password: PASSWORD } })
    return (data?.['login'].token as string | undefined) ?? null
  }

  async function one(): Promise<void> {
    const username = `p${randomBytes(9).toString('hex')}`
    const email = `${username}@example.com`
    if ((await register(email, username)) === null) return
    const token = await signIn(email)
    if (token !== null && (await call(LOGOUT, {}, token))) acknowledged.logouts.add(sessionOf(token))
  }

  return {
    acknowledged,
    register,
    unacknowledged: () => unacknowledged,
    /** Answers that no outage explains. */
    wrong,

    /** How many have registered and signed out. */
    changes: (): number => Math.min(acknowledged.registrations.size, acknowledged.logouts.size),

    /** People come until `over` is true. */
    async come(over: () => boolean): Promise<void> {
      const line = async () => {
        while (!over()) await one()
      }
      await Promise.all(Array.from({ length: AT_ONCE }, line))
    },
    close: () => balancer.close(),
  }
}
