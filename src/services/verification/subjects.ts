// Names what is counted, without storing addresses.
import { createHmac } from 'node:crypto'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import type { CountRepository } from '../../repositories/verification/counts.js'

/** `name`: a canonical address, the id of a user, or where a user has signed in. */
export type SubjectOf = (what: 'guess' | 'mail' | 'mail of a day' | 'place', purpose: string, name: string) => string

export const createSubjectOf =
  (refreshKey: string): SubjectOf =>
  (what, purpose, name) =>
    createHmac('sha256', refreshKey)
      .update(JSON.stringify(['postern verification count v1', what, purpose, name]))
      .digest('hex')

/** More than someone needs who waits for a mail, and no nuisance to someone who gets mails that others requested. */
const MAILS_PER_HOUR = 5
const HOUR_SECONDS = 3600

/**
 * After so many requests in a day, there is one mail an hour. Not none: someone who requests mails for others must not keep
 * the owner out for a day.
 */
const FREE_PER_DAY = 20
const DAY_SECONDS = 86_400

/** Counts a mail. Returns false if the address, or the account, has had enough of them: then none may be sent. */
export type MaySend = (tx: Statements, purpose: string, name: string) => Promise<boolean>

export const createMaySend =
  ({ counts, subjectOf, clock }: { counts: CountRepository; subjectOf: SubjectOf; clock: Clock }): MaySend =>
  async (tx, purpose, name) => {
    const now = clock()
    const add = async (subject: string, seconds: number) =>
      (await counts.add(tx, subject, { now, endsAt: addSeconds(now, seconds) })).count
    const today = await add(subjectOf('mail of a day', purpose, name), DAY_SECONDS)
    const thisHour = await add(subjectOf('mail', purpose, name), HOUR_SECONDS)
    return thisHour <= (today <= FREE_PER_DAY ? MAILS_PER_HOUR : 1)
  }
