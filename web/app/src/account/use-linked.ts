// The accounts at providers that are linked.
import { oauthAccounts } from '@postern/client/oauth'
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'

const load = () => oauthAccounts(client)

/** Loads them again when `version` changes. */
export const useLinked = (version = 0) => useLoaded(load, version)
