// Authentication: signing in, and exchanging a refresh token for new tokens.
import type { LoginService } from './login.js'
import type { Reauthentication } from './reauthentication.js'
import type { RefreshService } from './refresh.js'
import type { SecondStepService } from './second-step.js'
import type { StepUp } from './step-up.js'

export { createChallenges } from './challenges.js'
export { createWithCode, type WithCode } from './code-guesses.js'
export { createFailedLogins, type FailedLogins } from './failed-logins.js'
export { createLoginService } from './login.js'
export { createReauthentication, type Reauthentication } from './reauthentication.js'
export { createRefreshService } from './refresh.js'
export { createSecondStep } from './second-step.js'
export { createSignIn, type LoginResult, type SignIn } from './sign-in.js'
export { createStepUp, type StepUp } from './step-up.js'
export { type CountWays, createWaysIn, type WaysIn } from './ways-in.js'

export interface AuthenticationServices {
  login: LoginService
  refresh: RefreshService
  secondStep: SecondStepService
  reauthentication: Reauthentication
  stepUp: StepUp
}
