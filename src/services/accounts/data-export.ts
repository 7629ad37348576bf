// The data that a person may take along, as one JSON document. It never contains secrets.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { type AuditListing, type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { SessionService, Viewer } from '../sessions/index.js'
import type { UsernameClaims } from '../usernames/index.js'
import type { OwnTokens } from '../verification/index.js'

/** How long the link of a mail works, from the request on. */
export const EXPORT_LINK_SECONDS = 3600

/** Entries of the activity. An account has that many after years. */
const MOST_ENTRIES = 10_000
const PAGE = 500

export interface DataExport {
  createdAt: Date
  /** The document. */
  json: string
}

interface Dependencies {
  transaction: MysqlTransaction
  /** How the user signs in, without secrets. */
  signInMethodsOf: (userId: string) => Promise<readonly object[]>
  sessions: Pick<SessionService, 'list'>
  claims: Pick<UsernameClaims, 'historyOf'>
  listing: Pick<AuditListing, 'ownOf'>
  tokens: OwnTokens
  /** What other services have, by the name that it gets in the document. */
  elsewhere: Readonly<Record<string, (viewer: Viewer) => Promise<unknown>>>
  requireRecentProof: (viewer: Viewer) => Promise<void>
  /** Whether the deployment sends mails. */
  canSend: boolean
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}

export type DataExportService = ReturnType<typeof createDataExportService>

export function createDataExportService(dependencies: Dependencies) {
  const { transaction, signInMethodsOf, sessions, claims, listing, tokens, requireRecentProof, canSend } = dependencies
  const { elsewhere, audit, events, clock } = dependencies

  async function activityOf({ user }: Viewer) {
    const entries = []
    let after: string | null = null
    do {
      const page = await listing.ownOf(
        { id: user.id, role: 'USER' },
        { after, before: null, backward: false, size: PAGE },
      )
      entries.push(...page.nodes)
      after = page.hasNextPage ? (page.nodes.at(-1)?.id ?? null) : null
    } while (after !== null && entries.length < MOST_ENTRIES)
    return entries.map(({ at, action, result, actor, facts, ipAddress, userAgent }) => ({
      ...{ at, action, result, by: actor, facts, ipAddress, userAgent },
    }))
  }

  /** A service that does not respond keeps nobody from the rest, and the document says what it lacks, and why. */
  async function readElsewhere(viewer: Viewer): Promise<Record<string, unknown>> {
    const read = Object.entries(elsewhere).map(async ([name, readFor]) => {
      try {
        return { name, data: await readFor(viewer), missing: [] }
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error
        return { name, data: null, missing: [{ name, code: error.code, message: error.message }] }
      }
    })
    const parts = await Promise.all(read)
    const missing = parts.flatMap((part) => part.missing)
    return {
      ...Object.fromEntries(parts.map(({ name, data }) => [name, data])),
      ...(missing.length > 0 && { missing }),
    }
  }

  /** Built when it is downloaded, so that no copy of it is stored. */
  async function build(viewer: Viewer): Promise<DataExport> {
    const { user } = viewer
    const createdAt = clock()
    const profile = Object.fromEntries(Object.entries(user).filter(([name]) => name !== 'generation'))
    const document = {
      createdAt,
      profile,
      usernames: await claims.historyOf(user.id),
      signInMethods: await signInMethodsOf(user.id),
      sessions: await sessions.list(viewer),
      activity: await activityOf(viewer),
      ...(await readElsewhere(viewer)),
    }
    await transaction((tx) => audit.record(tx, { action: 'EXPORT_DATA', actor: userActor(viewer), accountId: user.id }))
    return { createdAt, json: JSON.stringify(document, null, 2) }
  }

  return {
    /** Throws REAUTHENTICATION_REQUIRED. */
    async export(viewer: Viewer): Promise<DataExport> {
      await requireRecentProof(viewer)
      return build(viewer)
    },

    /** Sends a link to the address of the account. Throws REAUTHENTICATION_REQUIRED and MAIL_UNAVAILABLE. */
    async request(viewer: Viewer): Promise<void> {
      if (!canSend) throw new ServiceError('MAIL_UNAVAILABLE')
      await requireRecentProof(viewer)
      const { id, email } = viewer.user
      await transaction(async (tx) => {
        await audit.record(tx, { action: 'REQUEST_DATA_EXPORT', actor: userActor(viewer), accountId: id })
        await events.record(tx, id, { type: 'mail.data_export_requested', data: { email } })
      })
    },

    /** For the signed-in owner of the link only. Throws INVALID_CODE. */
    async download(viewer: Viewer, token: string): Promise<DataExport> {
      if (!tokens.isValid(viewer.user.id, token, clock(), EXPORT_LINK_SECONDS))
        throw new ServiceError('INVALID_CODE', {
          message: 'This link is no longer valid, or was sent for another account. Request a new one.',
        })
      return build(viewer)
    },
  }
}
