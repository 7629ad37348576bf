import { expect } from 'vitest'
import type { Account } from './client.js'
import type { Instance } from './service.js'

const LOGIN_WITH_DEVICE = 'mutation ($input: LoginInput!) { login(input: $input) { token deviceToken } }'

/** The default limit of logins, and nothing else that would refuse many of them. */
export const LOCK_OUT_ENVIRONMENT = {
  RATE_LIMIT_LOGIN: '',
  HASH_QUEUE: '10000',
  MAX_CONCURRENT_REQUESTS: '10000',
}

export const wrong = ({ email }: { email: string }, service: Instance, more: object = {}) =>
  service.graphql(LOGIN_WITH_DEVICE, { input: { email, password: 'wrong password', ...more } })

export const right = ({ email, password }: Account, service: Instance, more: object = {}) =>
  service.graphql(LOGIN_WITH_DEVICE, { input: { email, password, ...more } })

export async function failFiveTimes(account: { email: string }, service: Instance, more: object = {}) {
  for (let n = 0; n < 5; n++) expect((await wrong(account, service, more)).code).toBe('UNAUTHENTICATED')
}

/** How many passwords the instance has hashed. */
export async function hashes({ url }: Instance): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^postern_password_hash_duration_seconds_count (\d+)$/m.exec(text)?.[1])
}
