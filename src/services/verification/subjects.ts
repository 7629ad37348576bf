// Names what is counted, without storing addresses.
import { createHmac } from 'node:crypto'
import { addSeconds, type Clock } from '../../platform/clock.js'
import type { Statements } from '../../repositories/database/statements.js'
import type { CountRepository } from '../../repositories/verification/counts.js'

/** `name`: a canonical address, or the id of a user. */
export type SubjectOf = (what: 'guess' | 'mail', purpose: string, name: string) => string

export const createSubjectOf =
  (refreshKey: string): SubjectOf =>
  (what, purpose, name) =>
    createHmac('sha256', refreshKey)
      .update(JSON.stringify(['postern verification count v1', what, purpose, name]))
      .digest('hex')

/** More than someone needs who waits for a mail, and no nuisance to someone who gets mails that others requested. */
const MAILS_PER_HOUR = 5
const HOUR_SECONDS = 3600

/** Counts a mail. Returns false if the address, or the account, has had enough of them: then none may be sent. */
export type MaySend = (tx: Statements, purpose: string, name: string) => Promise<boolean>

export const createMaySend =
  ({ counts, subjectOf, clock }: { counts: CountRepository; subjectOf: SubjectOf; clock: Clock }): MaySend =>
  async (tx, purpose, name) => {
    const now = clock()
    const period = { now, endsAt: addSeconds(now, HOUR_SECONDS) }
    return (await counts.add(tx, subjectOf('mail', purpose, name), period)).count <= MAILS_PER_HOUR
  }
