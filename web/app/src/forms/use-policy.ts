// The rules of this deployment for passwords and usernames.
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'

const load = () => client.policy()

/** Null until it is loaded. */
export const usePolicy = () => useLoaded(load).data

/** The lowest minimum that a deployment can set, used until the policy is loaded. */
export const LEAST_PASSWORD = 8
