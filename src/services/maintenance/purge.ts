// Deletes revocations, sessions and codes that have expired, and old events.
import { addSeconds, type Clock } from '@postern/service/clock'
import type { Outbox } from '@postern/service/events/outbox'
import type { ProcessedEvents } from '@postern/service/events/processed-events'
import type { ChallengeRepository } from '../../repositories/authentication/challenges.js'
import type { UsedChallenges } from '../../repositories/passkeys/used-challenges.js'
import type { RevocationRepository } from '../../repositories/revocations/revocations.js'
import type { InvitationRepository } from '../../repositories/accounts/invitations.js'
import type { StateRepository } from '../../repositories/oauth/states.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import type { CodeRepository } from '../../repositories/verification/codes.js'
import type { CountRepository } from '../../repositories/verification/counts.js'
import type { MailRequestRepository } from '../../repositories/verification/mail-requests.js'

const BATCH = 1000

/** Sessions are kept for a day after their end, so that an operator can still see how they ended. */
const SESSION_RETENTION_SECONDS = 86_400

/** A mail that was requested earlier is not expected any more. */
const REQUEST_RETENTION_SECONDS = 3600

/** Administrators see for a month who was invited. */
const INVITATION_RETENTION_SECONDS = 30 * 86_400

/** Deletes one batch per statement, so that locks are short. Returns the number of rows. */
export function createPurge({
  challenges,
  revocations,
  sessions,
  usedChallenges,
  invitations,
  oauthStates,
  verification: { codes, counts, requests },
  events,
  clock,
}: {
  challenges: Pick<ChallengeRepository, 'purge'>
  revocations: RevocationRepository
  sessions: SessionRepository
  usedChallenges: Pick<UsedChallenges, 'purge'>
  invitations: Pick<InvitationRepository, 'purge'>
  oauthStates: Pick<StateRepository, 'purge'>
  verification: { codes: CodeRepository; counts: CountRepository; requests: MailRequestRepository }
  /** `retention`: seconds since an event was published, and since a consumer has processed it. */
  events: { outbox: Pick<Outbox, 'purge'>; processed: Pick<ProcessedEvents, 'purge'>; retention: number }
  clock: Clock
}) {
  async function inBatches(purge: () => Promise<number>): Promise<number> {
    let total = 0
    for (;;) {
      const deleted = await purge()
      total += deleted
      if (deleted < BATCH) return total
    }
  }

  return async function purge(): Promise<number> {
    const now = clock()
    const before = addSeconds(now, -SESSION_RETENTION_SECONDS)
    const requestedBefore = addSeconds(now, -REQUEST_RETENTION_SECONDS)
    const old = addSeconds(now, -events.retention)
    const purges = [
      () => revocations.purge(now, BATCH),
      () => sessions.purge(before, BATCH),
      () => usedChallenges.purge(now, BATCH),
      () => challenges.purge(now, BATCH),
      () => codes.purge(now, BATCH),
      () => counts.purge(now, BATCH),
      () => requests.purge(requestedBefore, BATCH),
      () => invitations.purge(addSeconds(now, -INVITATION_RETENTION_SECONDS), BATCH),
      () => oauthStates.purge(now, BATCH),
      () => events.outbox.purge(old, BATCH),
      () => events.processed.purge(old, BATCH),
    ]
    let total = 0
    for (const one of purges) total += await inBatches(one)
    return total
  }
}
