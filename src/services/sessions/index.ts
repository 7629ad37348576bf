// Sessions: starting them, authenticating their tokens, listing and ending them.
import type { SessionEndings } from './endings.js'
import type { SessionService } from './sessions.js'

export { createSessionEndings, type SessionEndings } from './endings.js'
export {
  type Client,
  createSessionService,
  createSessionTokens,
  type IssuedSession,
  type SessionService,
  type SessionTokens,
  type Viewer,
} from './sessions.js'

export interface SessionServices {
  sessions: SessionService
  endings: SessionEndings
}
