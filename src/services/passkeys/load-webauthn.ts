// Loads the library with the first ceremony: it takes 26 MiB, mostly to read certificates.

export const loadWebAuthn = () => import('./webauthn.js')
