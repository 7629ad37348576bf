// The table of sign-ins at providers that have begun.
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'

export interface StoredState {
  stateHash: string
  bindingHash: string
  provider: string
  purpose: 'SIGN_IN' | 'LINK'
  redirectUri: string
  /** Null if a frontend handles the redirect. */
  returnTo: string | null
  /** Who links, and in which session. To sign in: of which session the browser had the cookies, if any. */
  userId: string | null
  sessionId: string | null
  /** The terms that the person has accepted, for a new account. */
  termsVersion: string | null
  expiresAt: Date
}

export type StateRepository = ReturnType<typeof createStateRepository>

export function createStateRepository(read: Read, write: Write, purgeWrite: Write) {
  return {
    async insert(state: StoredState): Promise<void> {
      const { stateHash, bindingHash, provider, purpose, redirectUri, returnTo, userId, sessionId } = state
      const { termsVersion, expiresAt } = state
      await write(
        `INSERT INTO oauth_states (state_hash, binding_hash, provider, purpose, redirect_uri, return_to, user_id,
           session_id, terms_version, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          ...[stateHash, bindingHash, provider, purpose, redirectUri, returnTo, userId, sessionId, termsVersion],
          expiresAt,
        ],
      )
    },

    /** Deletes it, so that it is used once. Null if it is unknown, or another request has used it. */
    async take(stateHash: string): Promise<StoredState | null> {
      const [found] = await read<StoredState>(
        `SELECT state_hash AS stateHash, binding_hash AS bindingHash, provider, purpose, redirect_uri AS redirectUri,
           return_to AS returnTo, user_id AS userId, session_id AS sessionId, terms_version AS termsVersion,
           expires_at AS expiresAt
         FROM oauth_states WHERE state_hash = ?`,
        [stateHash],
      )
      if (!found) return null
      // Of several requests that have read it, one deletes it.
      const deleted = await write('DELETE FROM oauth_states WHERE state_hash = ?', [stateHash])
      return deleted === 1 ? found : null
    },

    /** Deletes up to `limit` that have expired. Returns how many. */
    purge: (now: Date, limit: number): Promise<number> =>
      purgeWrite(`DELETE FROM oauth_states WHERE expires_at <= ? LIMIT ${limit}`, [now]),
  }
}
