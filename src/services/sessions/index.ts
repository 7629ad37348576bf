// Sessions: starting them, authenticating their tokens, listing and ending them.
import type { EarlierSessions } from './earlier-session.js'
import type { EndEveryone } from './end-everyone.js'
import type { SessionEndings } from './endings.js'
import type { SessionService } from './sessions.js'
import type { TokenValidation } from './validation.js'

export { createSessionCount, type SessionCount } from './count.js'
export { createEarlierSessions, type EarlierSessions, type PresentedTokens } from './earlier-session.js'
export { createEndEveryone } from './end-everyone.js'
export { createSessionEndings, type SessionEndings } from './endings.js'
export { createSecondFactorRule, type SecondFactorRule } from './second-factor-rule.js'
export { createSessionTokens, type IssuedSession, type SessionTokens } from './session-tokens.js'
export { type Client, createSessionService, SESSION_BATCHES, type SessionService, type Viewer } from './sessions.js'
export { createTokenValidation, type TokenValidation } from './validation.js'

export interface SessionServices {
  sessions: SessionService
  endings: SessionEndings
  earlier: EarlierSessions
  endEveryone: EndEveryone
  validation: TokenValidation
}
