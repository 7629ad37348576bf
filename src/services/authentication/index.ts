// Authentication: signing in, and exchanging a refresh token for new tokens.
import type { LoginService } from './login.js'
import type { RefreshService } from './refresh.js'

export { createFailedLogins, type FailedLogins } from './failed-logins.js'
export { createLoginService } from './login.js'
export { createRefreshService } from './refresh.js'

export interface AuthenticationServices {
  login: LoginService
  refresh: RefreshService
}
