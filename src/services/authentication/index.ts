// Authentication: signing in, and exchanging a refresh token for new tokens.
import type { LoginService } from './login.js'
import type { RefreshService } from './refresh.js'

export { createChallenges } from './challenges.js'
export { createFailedLogins, type FailedLogins } from './failed-logins.js'
export { createLoginService } from './login.js'
export { createRefreshService } from './refresh.js'
export { createSignIn, type LoginResult, type SignIn, type SignInOptions } from './sign-in.js'
export { createStepUp, type StepUp } from './step-up.js'
export { type CountWays, createWaysIn, type WaysIn } from './ways-in.js'

export interface AuthenticationServices {
  login: LoginService
  refresh: RefreshService
}
