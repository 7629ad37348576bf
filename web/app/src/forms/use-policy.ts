// The rules of this deployment for passwords and usernames.
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'

let policy: ReturnType<typeof client.policy> | undefined

/** One request for all parts of a page. */
const load = () =>
  (policy ??= client.policy().catch((error: unknown) => {
    policy = undefined
    throw error
  }))

/** Null until it is loaded. */
export const usePolicy = () => useLoaded(load).data

/** The lowest minimum that a deployment can set, used until the policy is loaded. */
export const LEAST_PASSWORD = 8
