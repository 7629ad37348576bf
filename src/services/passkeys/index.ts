// Passkeys: adding, using and removing WebAuthn credentials.
import type { PasskeyLogin } from './login.js'
import type { OwnPasskeys } from './own-passkeys.js'
import type { PasskeyReauthentication } from './reauthentication.js'
import type { PasskeyRegistration } from './registration.js'

export { createCeremonies } from './ceremonies.js'
export { createChallenges } from './challenges.js'
export { createPasskeyLogin, type OnRefused } from './login.js'
export { createOwnPasskeys } from './own-passkeys.js'
export { createPasskeyReauthentication } from './reauthentication.js'
export { createPasskeyRegistration } from './registration.js'
export { createRemoveLostPasskeys, createRemoveUnprovenPasskeys } from './unproven.js'
export { createUserHandles } from './user-handles.js'
export { createVerifyUse } from './uses.js'

export interface PasskeyServices {
  login: PasskeyLogin
  own: OwnPasskeys
  reauthentication: PasskeyReauthentication
  registration: PasskeyRegistration
}
