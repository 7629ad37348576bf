// The rules of this deployment: for passwords and usernames, and for accounts.
import type { Policy as Rules } from '@postern/client'
import type { AccountPolicy } from '@postern/client/data'
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'

/** Consents and notifications load what they need. */
export type Policy = Rules & Omit<AccountPolicy, 'consentsEnabled' | 'notificationsEnabled'>

/** `policy` and `accountPolicy` of the client in one request. */
const POLICY =
  '{policy{passwordMinLength usernameRenames usernameRenamePeriod usernameHold captcha{siteKey scriptUrl}' +
  ' verifiedEmailRequired registrationHidden registration accountDeletionGrace termsVersion termsUrl privacyUrl}}'

let policy: Promise<Policy> | undefined

/** One request for all parts of a page. */
const load = () =>
  (policy ??= client.request<{ policy: Policy }>(POLICY).then(
    (data) => data.policy,
    (error: unknown) => {
      policy = undefined
      throw error
    },
  ))

/** Null until it is loaded. */
export const usePolicy = () => useLoaded(load).data

/** The lowest minimum that a deployment can set, used until the policy is loaded. */
export const LEAST_PASSWORD = 8
