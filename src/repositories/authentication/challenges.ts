// The table of challenges: sign-ins that wait for the second factor.
import type { Amr } from '@postern/contract/claims'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import {
  JOIN_TOTP,
  SIGN_IN_COLUMNS,
  type SignInAccount,
  type StoredTotp,
  toSignInAccount,
} from '../database/sign-in-account.js'

/** A sign-in whose first factor was proved. */
export interface Challenge {
  /** The SHA-256 of the client's token, in hexadecimal digits. */
  tokenHash: string
  userId: string
  generation: number
  /** What was proved. */
  amr: readonly Amr[]
  /** Of the client that has proved it. */
  userAgent: string | null
}

/** A challenge that a code was sent to, and the account as it is now. */
export interface OpenChallenge {
  amr: readonly Amr[]
  userAgent: string | null
  account: SignInAccount
  totp: StoredTotp | null
}

type Row = SignInAccount & {
  amrs: string
  userAgent: string | null
  totpId: string | null
  secret: string
  usedStep: Date
}

const GUESS = `UPDATE sign_in_challenges c JOIN users u ON u.id = c.user_id AND u.generation = c.generation
  SET c.attempts = c.attempts + 1 WHERE c.token_hash = ? AND c.attempts < ? AND c.expires_at > ?`

const FIND = `SELECT c.amr AS amrs, c.user_agent AS userAgent, f.id AS totpId, f.secret, f.updated_at AS usedStep,
    ${SIGN_IN_COLUMNS}
  FROM sign_in_challenges c JOIN users u ON u.id = c.user_id AND u.generation = c.generation ${JOIN_TOTP}
  WHERE c.token_hash = ?`

/** More than any limit of guesses. The row goes when it has expired. */
const USED = 1000

const USE = `UPDATE sign_in_challenges SET attempts = ${USED} WHERE token_hash = ? AND attempts < ${USED}`

const USE_WITH_CODE = `UPDATE sign_in_challenges c
    JOIN credentials f ON f.id = ? AND f.kind = 'TOTP' AND f.updated_at < ?
    LEFT JOIN verification_counts v ON v.subject = ? AND v.count > 0
  SET c.attempts = ${USED}, f.updated_at = ?, v.count = v.count - 1
  WHERE c.token_hash = ? AND c.attempts < ${USED}`

/** A code of an app that is right. */
export interface UsedCode {
  /** Of the TOTP. */
  id: string
  /** The beginning of the time step of the code. */
  step: Date
  /** The subject that the guess was counted for. */
  countedAs: string
}

function toOpenChallenge({ amrs, userAgent, totpId, secret, usedStep, ...account }: Row): OpenChallenge {
  const totp = totpId === null ? null : { id: totpId, secret, usedStep }
  return { amr: amrs.split(',') as Amr[], userAgent, account: toSignInAccount(account), totp }
}

export type ChallengeRepository = ReturnType<typeof createChallengeRepository>

export function createChallengeRepository(read: Read, write: Write) {
  return {
    async insert({ tokenHash, userId, generation, amr, userAgent }: Challenge, expiresAt: Date): Promise<void> {
      await write(
        `INSERT INTO sign_in_challenges (token_hash, user_id, generation, amr, user_agent, expires_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        [tokenHash, userId, generation, amr.join(','), userAgent, expiresAt],
      )
    },

    /**
     * Counts a guess, which is committed when this resolves. Null if it has expired, was used, had `limit` guesses, or is of
     * an earlier generation: then its first factor may not be the user's anymore.
     */
    async guess(tokenHash: string, { limit, now }: { limit: number; now: Date }): Promise<OpenChallenge | null> {
      if ((await write(GUESS, [tokenHash, limit, now])) === 0) return null
      const [row] = await read<Row>(FIND, [tokenHash])
      return row ? toOpenChallenge(row) : null
    },

    /** Uses it up. Returns false if another request has. */
    async use(tx: Statements, tokenHash: string): Promise<boolean> {
      return (await tx.write(USE, [tokenHash])) === 1
    },

    /**
     * The same together with a code of an app, and takes its guess back: one statement instead of three. Returns false, and
     * changes nothing, if another request has used the challenge or the code.
     */
    async useWithCode(tx: Statements, tokenHash: string, { id, step, countedAs }: UsedCode): Promise<boolean> {
      return (await tx.write(USE_WITH_CODE, [id, step, countedAs, step, tokenHash])) > 0
    },

    /** Deletes up to `limit` challenges that have expired. Returns how many. */
    purge: (now: Date, limit: number): Promise<number> =>
      write(`DELETE FROM sign_in_challenges WHERE expires_at <= ? LIMIT ${limit}`, [now]),
  }
}
