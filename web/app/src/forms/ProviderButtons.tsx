// The links that begin a sign-in with a provider.
import { kept, usePlace } from '../routes.js'
import { oauthError } from '../state/oauth-error.js'
import { useStore } from '../state/store.js'
import { Notice } from '../ui/Notice.js'
import { sayOAuthError } from '../wording/oauth.js'
import { useProviders } from './use-providers.js'

/**
 * Links, not buttons: they work without a request of this page, and open in another tab like every link. `terms`: the version
 * that the page shows, which a new account accepts.
 */
export function ProviderButtons({ terms = null }: { terms?: string | null }) {
  const providers = useProviders()
  const { returnTo } = usePlace()
  if (providers.length === 0) return null
  const section = kept()
  const target = returnTo ?? (section === null ? null : `/account${section}`)
  const parameters = new URLSearchParams({
    ...(target !== null && { return_to: target }),
    ...(terms !== null && { terms }),
  })
  const query = parameters.size > 0 ? `?${parameters.toString()}` : ''
  return (
    <div className="providers">
      <p className="divider">or</p>
      {providers.map(({ name, label }) => (
        <a key={name} className="button button-plain" href={`/oauth/${name}/start${query}`} rel="nofollow">
          <span className="button-words">Continue with {label}</span>
        </a>
      ))}
    </div>
  )
}

/** Why the last sign-in with a provider did not succeed. */
export function ProviderError() {
  const code = useStore(oauthError)
  return code && <Notice tone="bad">{sayOAuthError(code)}</Notice>
}
