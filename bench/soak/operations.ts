// What the users of the soak do, and what each answer must be.
import { randomBytes } from 'node:crypto'
import { type Account, isUncertain, only, type Session, written } from './account.ts'
import type { Balancer } from './balancer.ts'
import type { Ledger } from './ledger.ts'
import type { Logouts } from './logouts.ts'

const AVAILABLE = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available reason } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token refreshToken userId } }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }'
const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
const PROFILE = '{ profile { id username firstName } }'
const LOGOUT = 'mutation { logout }'

const PASSWORD = 'correct horse battery'
/** Far from the limits: sessions per user, and failures until an account is locked. */
const SESSIONS = 8
const WRONG_PASSWORDS = 1
const REFRESH_AFTER_MS = 600_000
/** Shorter than the time for which a used refresh token can be sent again. */
const RETRY_REFRESH_MS = 40_000

/** A name that no one else uses. */
const fresh = () => `s${randomBytes(9).toString('hex')}`
const any = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)]

interface Setting {
  balancer: Balancer
  ledger: Ledger
  logouts: Logouts
  accounts: Account[]
}

export type Operations = ReturnType<typeof createOperations>

export function createOperations({ balancer, ledger, logouts, accounts }: Setting) {
  const call: Balancer['call'] = (...request) => balancer.call(...request)

  async function register(): Promise<void> {
    const [email, username, firstName] = [`${fresh()}@example.com`, fresh(), fresh()]
    const input = { email, username, firstName, password: PASSWORD }
    const answer = await call(REGISTER, { input })
    if (!ledger.record('register', answer)) return
    const id = answer.data?.['register'].user.id as string
    const possible = { username: new Set([username]), firstName: new Set([firstName]) }
    accounts.push({ id, email, password: PASSWORD, ...possible, held: [], sessions: [], wrongPasswords: 0 })
  }

  async function checkTaken(): Promise<void> {
    const account = any(accounts)
    if (!account) return
    const username = any([only(account.username), ...account.held].filter((name) => name !== undefined))
    if (username === undefined) return
    const answer = await call(AVAILABLE, { username })
    if (ledger.record('check, taken', answer) && answer.data?.['checkUsernameAvailability'].available !== false)
      ledger.wrong(`${username} is taken, and the answer was ${answer.text}`)
  }

  async function checkFree(): Promise<void> {
    const username = fresh()
    const answer = await call(AVAILABLE, { username })
    if (ledger.record('check, available', answer) && answer.data?.['checkUsernameAvailability'].available !== true)
      ledger.wrong(`${username} is available, and the answer was ${answer.text}`)
  }

  async function login(account: Account): Promise<void> {
    if (account.sessions.length >= SESSIONS) return logout(account)
    const { email, password } = account
    const answer = await call(LOGIN, { input: { email, password } })
    if (!ledger.record('login', answer)) return
    const { token, refreshToken, userId } = answer.data?.['login'] ?? {}
    if (userId !== account.id) ledger.wrong(`a login of ${account.id} signed in ${userId}`)
    account.sessions.push({ token, refreshToken, since: performance.now() })
  }

  async function wrongPassword(account: Account): Promise<void> {
    if (account.wrongPasswords >= WRONG_PASSWORDS) return profile(account)
    account.wrongPasswords += 1
    const answer = await call(LOGIN, { input: { email: account.email, password: 'a wrong password' } })
    if (ledger.record('login, wrong password', answer, ['UNAUTHENTICATED'])) ledger.wrong(`signed in: ${answer.text}`)
  }

  async function refresh(account: Account, session = any(account.sessions)): Promise<void> {
    if (!session) return login(account)
    const now = performance.now()
    if (now - (session.unanswered ?? now) > RETRY_REFRESH_MS) return forget(account, session)
    const answer = await call(REFRESH, { token: session.refreshToken })
    if (ledger.record('refreshToken', answer))
      Object.assign(session, answer.data?.['refreshToken'], { since: performance.now(), unanswered: undefined })
    // Clients send the same refresh token again, and so does this one.
    else if (isUncertain(answer)) session.unanswered ??= now
    else forget(account, session)
  }

  async function profile(account: Account): Promise<void> {
    const session = any(account.sessions)
    if (!session) return login(account)
    if (performance.now() - session.since > REFRESH_AFTER_MS) return refresh(account, session)
    const answer = await call(PROFILE, {}, session.token)
    if (!ledger.record('profile', answer)) return
    const { id, username, firstName } = answer.data?.['profile'] ?? {}
    if (id !== account.id || !account.username.has(username) || !account.firstName.has(firstName))
      ledger.wrong(`the profile of ${account.id} was ${answer.text}`)
  }

  async function update(account: Account): Promise<void> {
    const session = any(account.sessions)
    if (!session) return login(account)
    const firstName = fresh()
    const answer = await call(UPDATE, { input: { firstName } }, session.token)
    written(account.firstName, firstName, answer, ledger.record('updateProfile', answer))
  }

  async function rename(account: Account): Promise<void> {
    const session = any(account.sessions)
    const before = only(account.username)
    if (!session || before === undefined) return update(account)
    const username = fresh()
    const answer = await call(UPDATE, { input: { username } }, session.token)
    const done = ledger.record('updateProfile, username', answer)
    written(account.username, username, answer, done)
    if (done) account.held.push(before)
  }

  async function logout(account: Account): Promise<void> {
    const session = any(account.sessions)
    if (!session) return login(account)
    forget(account, session)
    const answer = await call(LOGOUT, {}, session.token)
    if (!ledger.record('logout', answer)) return
    logouts.acknowledged(session.token)
    for (const refused of await balancer.everywhere(PROFILE, session.token)) {
      if (refused !== 'not sent' && ledger.record('profile, after the logout', refused, ['UNAUTHENTICATED']))
        ledger.wrong(`a token was accepted after its logout: ${refused.text}`)
    }
  }

  const forget = (account: Account, session: Session) => {
    account.sessions = account.sessions.filter((each) => each !== session)
  }

  /** So many of each in a hundred. Those of an account run one at a time for the account. */
  const alone: [number, () => Promise<void>][] = [
    [44, checkTaken],
    [24, checkFree],
    [2, register],
  ]
  const ofAccount: [number, (account: Account) => Promise<void>][] = [
    [12, profile],
    [4, login],
    [1, wrongPassword],
    [5, refresh],
    [4, update],
    [1, rename],
    [3, logout],
  ]
  return { register, login, alone, ofAccount }
}
