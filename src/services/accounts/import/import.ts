// Imports users of another system, with their hashes. Each batch is one transaction, which also records how far the file is
// imported: docs/adr/0032-import.md.
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { ImportProgress, ImportRepository } from '../../../repositories/accounts/imports.js'
import type { AuditTrail } from '../../audit/index.js'
import type { EventTrail } from '../../events/index.js'
import type { UsernameAvailabilityService, UsernameClaims } from '../../usernames/index.js'
import type { Batch, BatchResult } from './batches.js'
import { createPlanner, type Plan } from './plan.js'

interface Dependencies {
  transaction: MysqlTransaction
  imports: ImportRepository
  usernames: { claims: UsernameClaims; availability: UsernameAvailabilityService }
  audit: AuditTrail
  events: EventTrail
  /** A secret from which ids are derived. */
  idKey: string
  clock: Clock
}

/** Others can claim a name between the look-up and the insert. Each attempt knows those of the one before. */
const ATTEMPTS = 5

/** How long a batch waits for the database, and how long between two tries. */
const PATIENCE_MS = 60_000
const PAUSE_MS = 1000

export type ImportService = ReturnType<typeof createImportService>

export function createImportService({ transaction, imports, usernames, audit, events, idKey, clock }: Dependencies) {
  const { claims, availability } = usernames

  /** Throws EMAIL_EXISTS, USERNAME_TAKEN or USERNAME_RESERVED if a name was claimed since the plan was made. */
  async function write({ source, from }: Batch, { toImport }: Plan, progress: ImportProgress): Promise<void> {
    await transaction(async (tx) => {
      if (source !== null && !(await imports.advance(tx, source, from, progress, clock()))) throw inUse()
      if (toImport.length === 0) return
      await imports.insert(tx, toImport, clock())
      const named = toImport.flatMap(({ id, username }) => (username === null ? [] : { id, username }))
      if (named.length > 0) await claims.claimAll(tx, named)
      const imported = toImport.map(({ id, line }) => ({ id, facts: { line: String(line) } }))
      await audit.recordAll(tx, 'IMPORT_USER', imported)
      await events.recordAll(
        tx,
        toImport.map(({ id, email, username }) => ({
          userId: id,
          event: { type: 'user.imported', data: { email, username } },
        })),
      )
    })
  }

  /** After an outage, only the progress says whether the transaction was committed. */
  const isDone = async ({ source, line, from }: Batch): Promise<boolean> =>
    source !== null && line !== from.line && (await imports.progressOf(source))?.line === line

  return {
    /** How far a file was imported. `source` is the hash of the file. */
    progressOf: (source: string): Promise<ImportProgress | null> => imports.progressOf(source),

    /** Begins a run. `isTrial`: the batches are checked, and nothing is written. */
    start({ isTrial }: { isTrial: boolean }) {
      const plan = createPlanner({ imports, availability, idKey, clock }, isTrial)

      return {
        /**
         * Imports a batch, all of it or nothing, and waits for a database that is unavailable for less than a minute. Throws
         * SERVICE_UNAVAILABLE after that: the batch may have been imported, and the progress says whether it was.
         */
        async import(batch: Batch): Promise<BatchResult> {
          let planned: { plan: Plan; result: BatchResult } | null = null
          const giveUpAt = performance.now() + PATIENCE_MS
          for (let tries = 1; ; tries++) {
            try {
              await claims.bringPolicyUpToDate()
              if (planned === null || !(await isDone(batch))) {
                const next = await plan(batch.users)
                planned = { plan: next, result: resultOf(batch, next) }
                if (!isTrial) await write(batch, next, planned.result.progress)
              }
              planned.plan.keepNames()
              return planned.result
            } catch (error) {
              if (isOutage(error) && performance.now() < giveUpAt) await sleep(PAUSE_MS)
              else if (!isLostRace(error) || tries > ATTEMPTS) throw error
            }
          }
        },
      }
    },
  }
}

/** What holds once the plan is carried out. */
function resultOf({ line, from, refused }: Batch, { toImport, skipped, refusals }: Plan): BatchResult {
  return {
    progress: {
      line,
      imported: from.imported + toImport.length,
      refused: from.refused + refused + refusals.length,
    },
    imported: toImport.length,
    withoutPassword: toImport.filter(({ passwordHash }) => passwordHash === null).length,
    skipped,
    refusals,
  }
}

const inUse = () =>
  new ServiceError('INVALID_INPUT', { message: 'Another process is importing this file. Wait until it has finished.' })

const isOutage = (error: unknown): boolean => error instanceof ServiceError && error.code === 'SERVICE_UNAVAILABLE'

const isLostRace = (error: unknown): boolean =>
  error instanceof ServiceError && ['EMAIL_EXISTS', 'USERNAME_TAKEN', 'USERNAME_RESERVED'].includes(error.code)
