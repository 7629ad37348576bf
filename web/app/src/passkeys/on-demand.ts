// Loads what needs passkeys, where the browser knows them.
import { lazy } from 'react'

/** Nothing, also where the part can't be loaded: people can sign in without it. */
const Nothing = () => null
const nothing = { default: Nothing }

const isKnown = 'PublicKeyCredential' in window

export const PasskeySignIn = lazy(async () =>
  isKnown
    ? import('./PasskeySignIn.js').then(
        (part) => ({ default: part.PasskeySignIn }),
        () => nothing,
      )
    : nothing,
)

export const Passkeys = lazy(async () =>
  isKnown
    ? import('./Passkeys.js').then(
        (part) => ({ default: part.Passkeys }),
        () => nothing,
      )
    : nothing,
)

export const PasskeyProof = lazy(async () =>
  isKnown
    ? import('./PasskeyProof.js').then(
        (part) => ({ default: part.PasskeyProof }),
        () => nothing,
      )
    : nothing,
)
