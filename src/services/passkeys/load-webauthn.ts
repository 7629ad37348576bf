// Loads the library with the first ceremony: without passkeys, a process needs neither its memory nor its time.

export const loadWebAuthn = () => import('./webauthn.js')
