// Why the browser came back from a provider without a session or a link, according to the address.
import { createStore } from './store.js'

/** Takes it out of the address bar and the history, so that it is not shown again. */
function take(): string | null {
  const { pathname, search, hash } = window.location
  const parameters = new URLSearchParams(search)
  const code = parameters.get('oauth_error')
  if (code === null) return null
  parameters.delete('oauth_error')
  const rest = parameters.size > 0 ? `?${parameters.toString()}` : ''
  window.history.replaceState(window.history.state, '', `${pathname}${rest}${hash}`)
  return code
}

export const oauthError = createStore<string | null>(take())
