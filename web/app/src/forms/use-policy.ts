// The rules of this deployment: for passwords and usernames, and for accounts.
import type { Policy as Rules } from '@postern/client'
import type { AccountPolicy } from '@postern/client/data'
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'

export type Policy = Rules & AccountPolicy

const POLICY =
  '{policy{passwordMinLength usernameRenames usernameRenamePeriod usernameHold captcha{siteKey scriptUrl}' +
  ' verifiedEmailRequired registrationHidden registration accountDeletionGrace termsVersion termsUrl privacyUrl}}'

const load = async () => (await client.request<{ policy: Policy }>(POLICY)).policy

/** Null until it is loaded. */
export const usePolicy = () => useLoaded(load).data

/** The lowest minimum that a deployment can set, used until the policy is loaded. */
export const LEAST_PASSWORD = 8
