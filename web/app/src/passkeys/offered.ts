// Whether this page can use the passkeys of this deployment.
import type { Policy } from '@postern/client'
import { lazy } from 'react'

export function offersPasskeys(policy: Policy | null): boolean {
  const domain = policy?.passkeyDomain
  const { hostname } = window.location
  const isBelow = domain != null && (hostname === domain || hostname.endsWith(`.${domain}`))
  return isBelow && 'PublicKeyCredential' in window
}

/** Nothing where the part can't be loaded: people can sign in without it. */
const Nothing = () => null

export const PasskeySignIn = lazy(() =>
  import('./PasskeySignIn.js').then(
    ({ PasskeySignIn: component }) => ({ default: component }),
    () => ({ default: Nothing }),
  ),
)

export const Passkeys = lazy(() =>
  import('./Passkeys.js').then(
    ({ Passkeys: component }) => ({ default: component }),
    () => ({ default: Nothing }),
  ),
)
