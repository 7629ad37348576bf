// Counts registrations, logins, refreshes and validations of tokens by their result.
import { ServiceError } from '@postern/service/errors'
import type { Metrics } from '../platform/metrics.js'
import type { WithCode } from '../services/authentication/index.js'

/** `refused`: the caller was wrong. `failed`: the service was, or it was overloaded. */
const RESULTS = ['success', 'refused', 'failed'] as const

type Result = (typeof RESULTS)[number]

const ERRORS_OF_THE_SERVICE = new Set(['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR'])

const resultOf = (error: unknown): Result =>
  error instanceof ServiceError && !ERRORS_OF_THE_SERVICE.has(error.code) ? 'refused' : 'failed'

/** Returns a function that does the same as `call`, and then counts its result. */
const counting =
  <Args extends unknown[], Value>(
    call: (...args: Args) => Promise<Value>,
    count: (result: Result, error?: unknown) => void,
  ) =>
  async (...args: Args): Promise<Value> => {
    try {
      const value = await call(...args)
      count('success')
      return value
    } catch (error) {
      count(resultOf(error), error)
      throw error
    }
  }

const hasCode = (error: unknown, code: ServiceError['code']) => error instanceof ServiceError && error.code === code

/** Each function returns a service whose calls are counted. */
export function createAuthenticationMetrics(metrics: Metrics) {
  const registered = metrics.results('auth_registrations_total', 'Registrations, by result.', RESULTS)
  const loggedIn = metrics.results(
    'auth_logins_total',
    'Logins with a password, by result (locked: after too many failures, without a look at the password; second_factor: it is to follow).',
    [...RESULTS, 'locked', 'second_factor'],
  )
  const refreshed = metrics.results(
    'auth_refreshes_total',
    'Exchanges of refresh tokens, by result (reused: the token was used before; its session has ended).',
    [...RESULTS, 'reused'],
  )
  const byPasskey = metrics.results('auth_passkey_logins_total', 'Logins with a passkey, by status.', RESULTS, 'status')
  const validated = metrics.results(
    'auth_token_validations_total',
    'Access tokens that this service checked, by result. Services with @postern/session count theirs.',
    RESULTS,
  )
  const checked = metrics.factors(['totp', 'recovery_code'], [...RESULTS, 'locked'])
  return {
    validated,
    codes: (withCode: WithCode): WithCode => {
      // Generic, so it can't pass through `counting`.
      return async (guess, work) => {
        const method = /^\d{6}$/.test(guess.code) ? 'totp' : 'recovery_code'
        try {
          const value = await withCode(guess, work)
          checked(method, 'success')
          return value
        } catch (error) {
          checked(method, hasCode(error, 'RATE_LIMITED') ? 'locked' : resultOf(error))
          throw error
        }
      }
    },
    registration: <Service extends { signUp: Call }>(service: Service): Service => ({
      ...service,
      signUp: counting(service.signUp, registered),
    }),
    login: <Service extends { login: Call }>(service: Service): Service => ({
      ...service,
      login: counting(service.login, (result, error) =>
        loggedIn(hasCode(error, 'RATE_LIMITED') ? 'locked' : hasCode(error, 'MFA_REQUIRED') ? 'second_factor' : result),
      ),
    }),
    passkeyLogin: <Service extends { finish: Call }>(service: Service): Service => ({
      ...service,
      finish: counting(service.finish, byPasskey),
    }),
    refresh: <Service extends { refresh: Call }>(service: Service): Service => ({
      ...service,
      refresh: counting(service.refresh, (result, error) =>
        refreshed(hasCode(error, 'REFRESH_TOKEN_REUSED') ? 'reused' : result),
      ),
    }),
    sessions: <Service extends { authenticate: Call }>(service: Service): Service => ({
      ...service,
      authenticate: counting(service.authenticate, validated),
    }),
  }
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Call = (...args: any[]) => Promise<any>

export type AuthenticationMetrics = ReturnType<typeof createAuthenticationMetrics>
