// The providers that people can sign in with, according to this deployment.
import { type OAuthProvider, oauthProviders } from '@postern/client/oauth'
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'

let loading: Promise<OAuthProvider[]> | undefined

/** One request for all pages: they don't change while the service runs. */
const load = () =>
  (loading ??= oauthProviders(client).catch((error: unknown) => {
    loading = undefined
    throw error
  }))

/** Empty until they are loaded. */
export const useProviders = (): readonly OAuthProvider[] => useLoaded(load).data ?? []
