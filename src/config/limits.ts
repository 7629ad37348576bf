// The variables of limits: how often an operation may be called. The defaults are in the schema, as @rateLimit.
import { z } from 'zod'
import { count } from '@postern/service/values'

/** So many calls in so many seconds. */
export interface RateLimit {
  limit: number
  seconds: number
}

const LIMIT = '[1-9]\\d{0,8}/[1-9]\\d{0,6}'

const parse = (value: string): readonly RateLimit[] =>
  value === '0'
    ? []
    : value.split(',').map((item) => {
        const [limit = 0, seconds = 0] = item.split('/').map(Number)
        return { limit, seconds }
      })

const limits = z
  .string()
  .regex(
    new RegExp(`^(?:0|${LIMIT}(?:,${LIMIT}){0,3})$`),
    'must be 0, or up to four limits, each a number of calls, a slash and a number of seconds, such as 20/1,1600/3600',
  )
  .transform(parse)
  .optional()

const lock = z
  .string()
  .regex(
    new RegExp(`^(?:0|${LIMIT})$`),
    'must be 0, or a number of failures and the seconds of the first lock, separated by a slash, such as 5/60',
  )
  .transform(parse)
  .optional()

export const limitVariables = z.object({
  INSTANCES: count(1, 1, 10_000),
  RATE_LIMIT_LOGIN: lock,
  RATE_LIMIT_REGISTER: limits,
  RATE_LIMIT_REFRESH_TOKEN: limits,
  RATE_LIMIT_UPDATE_PROFILE: limits,
  RATE_LIMIT_CHANGE_PASSWORD: limits,
  RATE_LIMIT_UPDATE_PASSWORD: limits,
  RATE_LIMIT_DELETE_ACCOUNT: limits,
  RATE_LIMIT_CANCEL_ACCOUNT_DELETION: limits,
  RATE_LIMIT_EXPORT_MY_DATA: limits,
  RATE_LIMIT_REQUEST_DATA_EXPORT: limits,
  RATE_LIMIT_DOWNLOAD_DATA_EXPORT: limits,
  RATE_LIMIT_GRANT_CONSENT: limits,
  RATE_LIMIT_REVOKE_CONSENT: limits,
  RATE_LIMIT_EXPORT_MY_CONSENTS: limits,
  RATE_LIMIT_MARK_NOTIFICATIONS_READ: limits,
  RATE_LIMIT_UPDATE_NOTIFICATION_SETTINGS: limits,
  RATE_LIMIT_REGISTER_PUSH_DEVICE: limits,
  RATE_LIMIT_REMOVE_PUSH_DEVICE: limits,
  RATE_LIMIT_ACCEPT_TERMS: limits,
  RATE_LIMIT_VERIFY_EMAIL: limits,
  RATE_LIMIT_RESEND_VERIFICATION_CODE: limits,
  RATE_LIMIT_REQUEST_PASSWORD_RESET: limits,
  RATE_LIMIT_RESET_PASSWORD: limits,
  RATE_LIMIT_REQUEST_EMAIL_CHANGE: limits,
  RATE_LIMIT_CONFIRM_EMAIL_CHANGE: limits,
  RATE_LIMIT_VERIFY_MFA: limits,
  RATE_LIMIT_REAUTHENTICATE: limits,
  RATE_LIMIT_START_MFA_ENROLLMENT: limits,
  RATE_LIMIT_ENABLE_MFA: limits,
  RATE_LIMIT_DISABLE_MFA: limits,
  RATE_LIMIT_REPLACE_RECOVERY_CODES: limits,
  RATE_LIMIT_INITIATE_OAUTH: limits,
  RATE_LIMIT_COMPLETE_OAUTH: limits,
  RATE_LIMIT_INITIATE_OAUTH_LINK: limits,
  RATE_LIMIT_LINK_OAUTH: limits,
  RATE_LIMIT_UNLINK_OAUTH: limits,
  RATE_LIMIT_START_PASSKEY_LOGIN: limits,
  RATE_LIMIT_FINISH_PASSKEY_LOGIN: limits,
  RATE_LIMIT_START_PASSKEY_REGISTRATION: limits,
  RATE_LIMIT_FINISH_PASSKEY_REGISTRATION: limits,
  RATE_LIMIT_START_PASSKEY_REAUTHENTICATION: limits,
  RATE_LIMIT_FINISH_PASSKEY_REAUTHENTICATION: limits,
  RATE_LIMIT_RENAME_PASSKEY: limits,
  RATE_LIMIT_REMOVE_PASSKEY: limits,
  RATE_LIMIT_SEARCH_USERS: limits,
  RATE_LIMIT_DISABLE_USER: limits,
  RATE_LIMIT_ENABLE_USER: limits,
  RATE_LIMIT_REVOKE_USER_SESSION: limits,
  RATE_LIMIT_REVOKE_USER_SESSIONS: limits,
  RATE_LIMIT_SET_USER_ROLE: limits,
  RATE_LIMIT_DELETE_USER: limits,
  RATE_LIMIT_CHECK_USERNAME_AVAILABILITY: limits,
  /** All operations together, per address. */
  RATE_LIMIT_ADDRESS: limits,
})

const PREFIX = 'RATE_LIMIT_'

/** Such as refreshToken of RATE_LIMIT_REFRESH_TOKEN, and linkOAuth of RATE_LIMIT_LINK_OAUTH. */
const operationOf = (variable: string): string =>
  variable
    .slice(PREFIX.length)
    .toLowerCase()
    .replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    .replace('Oauth', 'OAuth')

/** The limits that the environment sets, by operation, or `address` for all together. An empty list: off. */
export function overriddenLimits(
  config: Partial<z.output<typeof limitVariables>>,
): ReadonlyMap<string, readonly RateLimit[]> {
  const variables = Object.keys(limitVariables.shape).filter((name) => name.startsWith(PREFIX))
  return new Map(
    variables.flatMap((variable) => {
      const set = config[variable as keyof typeof config]
      return Array.isArray(set) ? [[operationOf(variable), set as readonly RateLimit[]]] : []
    }),
  )
}

/** The operations whose limits a variable can override. */
export const LIMITED_OPERATIONS: readonly string[] = Object.keys(limitVariables.shape)
  .filter((name) => name.startsWith(PREFIX))
  .map(operationOf)
  .filter((name) => name !== 'address')
