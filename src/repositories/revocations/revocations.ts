// The table of revocations, and the row that records the state of the revocation stream.
import type { Revocation } from '@postern/contract/revocations'
import { RETENTION_MARGIN_SECONDS } from '@postern/contract/revocations'
import { v7 as uuidv7 } from 'uuid'
import type { PrismaClient } from '../../clients/prisma.js'
import { insertAll, type Statements } from '../database/statements.js'
import type { Read } from '../database/reads.js'
import { asDomainError } from '../database/failures.js'
import type { Tx } from '../database/transactions.js'

/** A revocation that is committed, or will be together with its transaction. */
export interface StoredRevocation {
  id: string
  revocation: Revocation
}

/** The state of the revocation stream, as recorded in MySQL. */
export interface StreamState {
  epoch: number
  serverId: string | null
  /** The longest lifetime of access tokens that was ever configured, in seconds. */
  longestTokenTtl: number
}

interface RevocationRow {
  id: string
  scope: 'TOKEN' | 'SESSION' | 'USER'
  jti: string | null
  sid: string | null
  sub: string
  gen: number | null
  reason: string
  expiresAt: Date
}

const SCOPES = { token: 'TOKEN', session: 'SESSION', user: 'USER' } as const

const unixSeconds = (date: Date): number => Math.ceil(date.getTime() / 1000)

function toStored(row: RevocationRow): StoredRevocation {
  const scope = row.scope.toLowerCase() as Revocation['scope']
  return {
    id: row.id,
    revocation: {
      v: 1,
      scope,
      ...(row.jti !== null && { jti: row.jti }),
      ...(row.sid !== null && { sid: row.sid }),
      sub: row.sub,
      ...(row.gen !== null && { gen: row.gen }),
      exp: unixSeconds(row.expiresAt),
      reason: row.reason,
    },
  }
}

export type RevocationRepository = ReturnType<typeof createRevocationRepository>

export function createRevocationRepository(prisma: PrismaClient, read: Read) {
  return {
    async insert(tx: Tx, revocation: Revocation, now: Date): Promise<StoredRevocation> {
      const id = uuidv7()
      const { v, scope, exp, ...rest } = revocation
      const expiresAt = new Date(exp * 1000)
      await tx.revocation.createMany({ data: { id, scope: SCOPES[scope], ...rest, expiresAt, createdAt: now } })
      return { id, revocation: { v, scope, exp, ...rest } }
    },

    async insertAll(tx: Statements, all: readonly Revocation[], now: Date): Promise<void> {
      const columns = ['id', 'scope', 'jti', 'sid', 'sub', 'gen', 'reason', 'expires_at', 'created_at']
      const rows = all.map(({ scope, jti = null, sid = null, sub, gen = null, reason, exp }) => [
        ...[uuidv7(), SCOPES[scope], jti, sid, sub, gen, reason, new Date(exp * 1000), now],
      ])
      await insertAll(tx, 'revocations', columns, rows)
    },

    async streamState(): Promise<StreamState> {
      const [row] = await read<{ epoch: string | number; serverId: string | null; longestTokenTtl: number }>(
        'SELECT epoch, server_id AS serverId, longest_token_ttl AS longestTokenTtl FROM revocation_log WHERE id = 1',
        [],
      )
      if (!row)
        throw new Error('The row of the table revocation_log is missing. Insert it as the first migration does.')
      return { ...row, epoch: Number(row.epoch) }
    },

    /** Records the longest lifetime, so that a shorter one does not shorten the revocations of older tokens. */
    async raiseLongestTokenTtl(ttl: number): Promise<void> {
      try {
        await prisma.revocationStreamState.updateMany({
          where: { id: 1, longestTokenTtl: { lt: ttl } },
          data: { longestTokenTtl: ttl },
        })
      } catch (error) {
        throw asDomainError(error)
      }
    },

    /** Reserves the number of a new epoch. Nothing is written in it before it is activated. */
    async reserveEpoch(): Promise<number> {
      const { reservedEpoch } = await prisma.revocationStreamState.update({
        where: { id: 1 },
        data: { reservedEpoch: { increment: 1 } },
        select: { reservedEpoch: true },
      })
      return Number(reservedEpoch)
    },

    /** Makes `epoch` the one to publish in, on the server that already has its opening entry. */
    async activateEpoch(epoch: number, serverId: string): Promise<void> {
      await prisma.revocationStreamState.update({ where: { id: 1 }, data: { epoch, serverId } })
    },

    /** Revocations in effect that are not in the stream of `epoch` yet, oldest first. */
    async findUnpublished(epoch: number, now: Date, limit: number): Promise<StoredRevocation[]> {
      const rows = await read<RevocationRow>(
        `SELECT id, scope, jti, sid, sub, gen, reason, expires_at AS expiresAt FROM revocations
         WHERE published_epoch < ? AND expires_at > ? ORDER BY published_epoch, id LIMIT ${limit}`,
        [epoch, marginBefore(now)],
      )
      return rows.map(toStored)
    },

    /** How many revocations in effect are not delivered yet. */
    async countUnpublished(now: Date): Promise<number> {
      const [row] = await read<{ waiting: number }>(
        `SELECT COUNT(*) AS waiting FROM revocations
         WHERE published_epoch < (SELECT GREATEST(epoch, 1) FROM revocation_log WHERE id = 1) AND expires_at > ?`,
        [marginBefore(now)],
      )
      return Number(row?.waiting ?? 0)
    },

    async markPublished(ids: readonly string[], epoch: number): Promise<void> {
      await prisma.revocation.updateMany({ where: { id: { in: [...ids] } }, data: { publishedEpoch: epoch } })
    },

    /** Deletes up to `limit` revocations whose tokens have all expired. */
    async purge(tx: Tx, now: Date, limit: number): Promise<number> {
      return tx.$executeRaw`DELETE FROM revocations WHERE expires_at < ${marginBefore(now)} LIMIT ${limit}`
    },
  }
}

const marginBefore = (now: Date): Date => new Date(now.getTime() - RETENTION_MARGIN_SECONDS * 1000)
