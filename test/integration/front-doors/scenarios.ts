// What people do at the front doors, as steps that are the same for each door.
import { addApp, appCode, wrongOf } from '../../support/factors.js'
import { FRONTEND } from '../../support/oauth-service.js'
import type { Stage } from './stage.js'

export interface Scenario {
  title: string
  /** OK or the code of each call, in order. */
  codes: string[]
  play: (stage: Stage) => Promise<unknown>
}

/** After so many failures an account is locked, and after so many changes a profile can't be changed. */
export const LIMIT = 3

const LONG = 'x'.repeat(101)
const times = <T>(value: T): T[] => Array.from({ length: LIMIT }, () => value)

export const scenarios: Scenario[] = [
  {
    title: 'a person signs up, signs in, and signs out, after which the token is refused',
    codes: ['OK', 'OK', 'OK', 'OK', 'OK', 'UNAUTHENTICATED', 'OK', 'UNAUTHENTICATED'],
    async play({ signUp, call }) {
      const { token, refreshToken } = await signUp()
      await call('getUserProfile', {}, token)
      await call('validateToken', { token })
      await call('logout', {}, token)
      await call('getUserProfile', {}, token)
      await call('validateToken', { token })
      await call('refreshToken', { refreshToken })
    },
  },
  {
    title: 'an email address and a username belong to one account',
    codes: ['OK', 'EMAIL_EXISTS', 'USERNAME_TAKEN', 'EMAIL_EXISTS'],
    async play({ call, person }) {
      await call('register', person)
      await call('register', { ...person, email: person.email.toUpperCase(), username: `${person.username}-2` })
      await call('register', { ...person, email: `2${person.email}`, username: person.username.toUpperCase() })
      await call('register', person)
    },
  },
  {
    title: 'a registration names every invalid field',
    codes: ['INVALID_INPUT', 'INVALID_INPUT', 'WEAK_PASSWORD', 'USERNAME_RESERVED'],
    async play({ call, person }) {
      await call('register', { email: 'nobody', password: 'short', username: 'a b', firstName: LONG, lastName: LONG })
      await call('register', { ...person, password: '' })
      await call('register', { ...person, password: 'P@ssw0rd2024!' })
      await call('register', { ...person, username: 'admin' })
    },
  },
  {
    title: 'a wrong password and an unknown user are refused alike',
    codes: ['OK', 'UNAUTHENTICATED', 'UNAUTHENTICATED', 'UNAUTHENTICATED', 'INVALID_INPUT', 'INVALID_INPUT', 'OK'],
    async play({ call, person: { password, ...person } }) {
      const { email, username } = person
      await call('register', { ...person, password })
      await call('login', { email, password: 'wrong horse' })
      await call('login', { username, password: 'wrong horse' })
      await call('login', { email: `2${email}`, password })
      await call('login', { ...person, password })
      await call('login', { password })
      await call('login', { username, password })
    },
  },
  {
    title: 'failures lock an account, also for the right password',
    codes: ['OK', ...times('UNAUTHENTICATED'), 'RATE_LIMITED'],
    async play({ call, person }) {
      const { email, password } = person
      await call('register', person)
      for (const wrong of times('wrong horse')) await call('login', { email, password: wrong })
      await call('login', { email, password })
    },
  },
  {
    title: 'a person changes the profile, clears a field, a part of the address, and all of it',
    codes: ['OK', 'OK', 'OK', 'OK', 'OK', 'OK', 'RATE_LIMITED'],
    async play({ signUp, call }) {
      const { token } = await signUp()
      const address = { city: 'London', zipCode: 'W1' }
      const change = { firstName: 'Ada', lastName: 'Lovelace', phoneNumber: '+44 20 7946 0958', address }
      await call('updateUserProfile', { ...change, marketingOptIn: true }, token)
      await call('updateUserProfile', { firstName: null, username: null, address: { zipCode: null } }, token)
      await call('updateUserProfile', { lastName: 'King', address: null }, token)
      await call('getUserProfile', {}, token)
      await call('updateUserProfile', { lastName: null }, token)
    },
  },
  {
    title: 'a change names every invalid field and changes nothing',
    codes: ['OK', 'OK', 'INVALID_INPUT', 'USERNAME_RESERVED', 'INVALID_INPUT', 'OK'],
    async play({ signUp, call }) {
      const { token } = await signUp()
      const bad = { username: 'a', phoneNumber: '1'.repeat(33), address: { city: LONG, zipCode: '1'.repeat(21) } }
      await call('updateUserProfile', { ...bad, firstName: LONG, lastName: 'Lovelace' }, token)
      await call('updateUserProfile', { username: 'administrator' }, token)
      await call('updateUserProfile', { termsAcceptedAt: '2999-01-01T00:00:00Z' }, token)
      await call('getUserProfile', {}, token)
    },
  },
  {
    title: 'a username is available, or the reason is given',
    codes: ['OK', 'OK', 'OK', 'OK', 'OK', 'OK'],
    async play({ call, person }) {
      await call('checkUsernameAvailability', { username: person.username })
      await call('register', person)
      for (const username of [person.username.toUpperCase(), 'a', 'a b?/%', 'admin'])
        await call('checkUsernameAvailability', { username, maxSuggestions: 1 })
    },
  },
  {
    title: 'a refresh token works once; later use ends the session',
    codes: ['OK', 'OK', 'OK', 'OK', 'OK', 'REFRESH_TOKEN_REUSED', 'UNAUTHENTICATED', ...times('UNAUTHENTICATED')],
    async play({ signUp, call, succeed, service }) {
      const { refreshToken, id } = await signUp()
      const next = await succeed('refreshToken', { refreshToken, userId: id })
      // Within the grace period.
      const again = await succeed('refreshToken', { refreshToken })
      if (again['refreshToken'] !== next['refreshToken']) throw new Error('The second use has another successor.')
      await call('getUserProfile', {}, next['token'])
      const [session] = refreshToken.split('.')
      await service.database.query('UPDATE sessions SET rotated_at = rotated_at - INTERVAL 100 SECOND WHERE id = ?', [
        session,
      ])
      await call('refreshToken', { refreshToken })
      await call('getUserProfile', {}, next['token'])
      for (const token of [next['refreshToken'], 'nonsense', '']) await call('refreshToken', { refreshToken: token })
    },
  },
  {
    title: 'a sign-in with two-step verification needs a code, and its challenge works once',
    codes: ['OK', 'OK', 'MFA_REQUIRED', 'INVALID_CODE', 'OK', 'OK', 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    async play({ signUp, call, succeed, service }) {
      const user = await signUp()
      const { secret, email, password } = await addApp(service, user)
      const { refusal } = await call('login', { email, password })
      const challenge = refusal?.details['challenge']
      await call('verifyMfa', { challenge, code: wrongOf(appCode(secret)) })
      const { token } = await succeed('verifyMfa', { challenge, code: appCode(secret) })
      await call('getUserProfile', {}, token)
      await call('verifyMfa', { challenge, code: appCode(secret) })
      await call('verifyMfa', { challenge: 'nonsense', code: '123456' })
    },
  },
  {
    title: 'a sign-in with a provider makes an account; a wrong state, a wrong binding and a used code are refused',
    codes: ['NOT_FOUND', 'INVALID_INPUT', 'OK', 'OAUTH_FAILED', 'OK', 'OAUTH_FAILED', 'OK', 'OK', 'OAUTH_FAILED'],
    async play({ call, succeed, person: { email, username }, github }) {
      const provider = 'github'
      const redirectTo = `${FRONTEND}/callback`
      github.become({
        ...{ id: Number.parseInt(username.slice(1, 9), 16), login: username },
        emails: [{ email, primary: true, verified: true }],
      })
      /** Up to the return from the provider. */
      const begin = async () => {
        const { authorizationUrl, binding } = await succeed('initiateOAuth', { provider, redirectTo })
        const { headers } = await fetch(String(authorizationUrl), { redirect: 'manual' })
        const { searchParams } = new URL(headers.get('location') ?? '')
        return { provider, binding: String(binding), state: '', ...Object.fromEntries(searchParams) }
      }
      await call('initiateOAuth', { provider: 'nobody', redirectTo })
      await call('initiateOAuth', { provider, redirectTo: 'https://evil.example/' })
      const first = await begin()
      await call('completeOAuth', { ...first, state: 'x'.repeat(first.state.length) })
      const second = await begin()
      await call('completeOAuth', { ...second, binding: 'x'.repeat(second.binding.length) })
      const third = await begin()
      await call('completeOAuth', third)
      await call('completeOAuth', third)
    },
  },
  {
    title: 'what needs a signed-in person is refused without a token, and with one that is none',
    codes: [...times('UNAUTHENTICATED'), ...times('UNAUTHENTICATED')],
    async play({ call }) {
      for (const token of [undefined, 'nonsense']) {
        await call('getUserProfile', {}, token)
        await call('updateUserProfile', { firstName: 'Ada' }, token)
        await call('logout', {}, token)
      }
    },
  },
  {
    title: 'everyone may ask whether the service works',
    codes: ['OK'],
    play: ({ call }) => call('healthCheck'),
  },
]
