// The table of accounts at providers.
import { v7 as uuidv7 } from 'uuid'
import { isUniqueViolation } from '@postern/service/database/failures'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import { JOIN_TOTP, SIGN_IN_COLUMNS, type SignInAccount, toSignInAccount } from '../database/sign-in-account.js'

/** Which account at which provider. */
export interface Identity {
  provider: string
  issuer: string
  subject: string
}

export interface SealedTokens {
  sealed: Uint8Array
  keyId: string
  /** When the access token expires. Null: unknown. */
  expiresAt: Date | null
}

/** As its user sees it. */
export interface LinkedAccount {
  id: string
  provider: string
  email: string | null
  createdAt: Date
  lastUsedAt: Date | null
}

/** An account at a provider that is linked, and whose it is. */
export interface Link {
  linkId: string
  account: SignInAccount
  /** Whether its user can also prove here who they are: with a password, a passkey or a second factor. */
  hasCredential: boolean
}

export interface StoredTokens extends SealedTokens {
  id: string
}

/** The stored tokens of an account at a provider. */
export interface KeptTokens {
  id: string
  provider: string
  sealed: Uint8Array
  keyId: string
}

const LINKED = 'id, provider, email, created_at AS createdAt, last_used_at AS lastUsedAt'

const RECORD_USE = `UPDATE oauth_accounts SET email = ?, sealed_tokens = ?, key_id = ?, token_expires_at = ?,
  refreshing_until = NULL, last_used_at = ? WHERE id = ?`

export type OAuthAccountRepository = ReturnType<typeof createOAuthAccountRepository>

export function createOAuthAccountRepository(read: Read, write: Write) {
  return {
    async find({ provider, issuer, subject }: Identity): Promise<Link | null> {
      const [row] = await read<SignInAccount & { linkId: string; hasCredential: number }>(
        `SELECT o.id AS linkId, EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = u.id) AS hasCredential,
           ${SIGN_IN_COLUMNS}
         FROM oauth_accounts o JOIN users u ON u.id = o.user_id ${JOIN_TOTP}
         WHERE o.provider = ? AND o.issuer = ? AND o.subject = ?`,
        [provider, issuer, subject],
      )
      if (!row) return null
      const { linkId, hasCredential, ...account } = row
      return { linkId, account: toSignInAccount(account), hasCredential: Boolean(hasCredential) }
    },

    /** Those of a user, in the order in which they were linked. */
    list: (userId: string): Promise<LinkedAccount[]> =>
      read<LinkedAccount>(`SELECT ${LINKED} FROM oauth_accounts WHERE user_id = ? ORDER BY created_at, id`, [userId]),

    async count(tx: Statements, userId: string): Promise<number> {
      const sql = 'SELECT COUNT(*) AS count FROM oauth_accounts WHERE user_id = ?'
      const [row] = await tx.select<{ count: number | bigint }>(sql, [userId])
      return Number(row?.count)
    },

    /** Returns its id, or what is in the way: the account at the provider is linked, or the user has one of this provider. */
    async insert(
      tx: Statements,
      userId: string,
      { provider, issuer, subject }: Identity,
      { email, now }: { email: string | null; now: Date },
    ): Promise<{ id: string } | 'account_linked' | 'provider_linked'> {
      const id = uuidv7()
      // Asked first: after a failed statement, the transaction could do nothing more.
      const taken = await tx.select<{ issuer: string; subject: string }>(
        `SELECT issuer, subject FROM oauth_accounts
         WHERE (provider = ? AND issuer = ? AND subject = ?) OR (user_id = ? AND provider = ?)`,
        [provider, issuer, subject, userId, provider],
      )
      if (taken.length > 0)
        return taken.some((row) => row.issuer === issuer && row.subject === subject)
          ? 'account_linked'
          : 'provider_linked'
      await tx.write(
        `INSERT INTO oauth_accounts (id, user_id, provider, issuer, subject, email, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [id, userId, provider, issuer, subject, email, now],
      )
      return { id }
    },

    /** Whether an insert has failed because another request has linked the same account. */
    isTaken: isUniqueViolation,

    /** Records a use, and the tokens that came with it. Returns false if it was unlinked. */
    async recordUse(
      id: string,
      { email, tokens, now }: { email: string | null; tokens: SealedTokens | null; now: Date },
      tx?: Statements,
    ): Promise<boolean> {
      const values = [email, tokens?.sealed ?? null, tokens?.keyId ?? null, tokens?.expiresAt ?? null, now, id]
      return (await (tx ? tx.write(RECORD_USE, values) : write(RECORD_USE, values))) === 1
    },

    /** Null if it is not this user's. */
    async remove(tx: Statements, userId: string, id: string): Promise<(LinkedAccount & Partial<SealedTokens>) | null> {
      const [found] = await tx.select<LinkedAccount & { sealed: Uint8Array | null; keyId: string | null }>(
        `SELECT ${LINKED}, sealed_tokens AS sealed, key_id AS keyId FROM oauth_accounts
         WHERE id = ? AND user_id = ? FOR UPDATE`,
        [id, userId],
      )
      if (!found) return null
      await tx.write('DELETE FROM oauth_accounts WHERE id = ?', [id])
      const { sealed, keyId, ...account } = found
      return sealed === null || keyId === null ? account : { ...account, sealed, keyId }
    },

    listTokens: (tx: Statements, userId: string): Promise<KeptTokens[]> =>
      tx.select<KeptTokens>(
        `SELECT id, provider, sealed_tokens AS sealed, key_id AS keyId FROM oauth_accounts
         WHERE user_id = ? AND sealed_tokens IS NOT NULL`,
        [userId],
      ),

    /** Null if the user has no account of the provider, or none with tokens. */
    async findTokens(userId: string, provider: string): Promise<StoredTokens | null> {
      const [row] = await read<StoredTokens>(
        `SELECT id, sealed_tokens AS sealed, key_id AS keyId, token_expires_at AS expiresAt FROM oauth_accounts
         WHERE user_id = ? AND provider = ? AND sealed_tokens IS NOT NULL`,
        [userId, provider],
      )
      return row ?? null
    },

    /** Returns false while another request refreshes the tokens. */
    async claimRefresh(id: string, { now, until }: { now: Date; until: Date }): Promise<boolean> {
      const count = await write(
        `UPDATE oauth_accounts SET refreshing_until = ?
         WHERE id = ? AND (refreshing_until IS NULL OR refreshing_until <= ?)`,
        [until, id, now],
      )
      return count === 1
    },

    /** Ends a refresh: with new tokens, or without if there are none any more. Undefined: those before stay. */
    async endRefresh(id: string, tokens: SealedTokens | null | undefined): Promise<void> {
      if (tokens === undefined) {
        await write('UPDATE oauth_accounts SET refreshing_until = NULL WHERE id = ?', [id])
        return
      }
      await write(
        `UPDATE oauth_accounts SET sealed_tokens = ?, key_id = ?, token_expires_at = ?, refreshing_until = NULL
         WHERE id = ?`,
        [tokens?.sealed ?? null, tokens?.keyId ?? null, tokens?.expiresAt ?? null, id],
      )
    },
  }
}
