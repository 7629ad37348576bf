import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'

const load = () => client.policy()

/** What this deployment asks of passwords and usernames; null until it is known. */
export const usePolicy = () => useLoaded(load).data

/** The least that the service can be set to: it has the last word until its own is known. */
export const LEAST_PASSWORD = 8
