// Lists the audit log, page by page: for administrators, and for each user their own account.
import { isId } from '@postern/service/ids'
import { readPage, type PageRange } from '@postern/service/pages'
import type { AuditRepository, EntryFilter, ListedEntry } from '../../repositories/audit/entries.js'
import { ACTOR_KINDS, type ActorKind } from './actors.js'
import { AUDIT_ACTIONS, AUDIT_RESULTS, type AuditAction, type AuditFacts, type AuditResult } from './entries.js'

/** An entry as it is read. */
export interface AuditRecord extends Omit<ListedEntry, 'action' | 'result' | 'actor' | 'facts' | 'commitment'> {
  /** OTHER: an action that this version does not know, such as one of a later version during an upgrade. */
  action: AuditAction | 'OTHER'
  result: AuditResult
  actor: ActorKind
  facts: AuditFacts
  /** True if there were details that do not exist any more. */
  detailsErased: boolean
}

/** Something that the service has not written must not hide the rest. */
function readFacts(text: string): AuditFacts {
  try {
    const facts: unknown = JSON.parse(text)
    return Object.fromEntries(Object.entries(facts ?? {}).filter(([, value]) => typeof value === 'string'))
  } catch {
    return {}
  }
}

const oneOf = <Known extends string, Other>(known: readonly Known[], text: string, other: Other): Known | Other =>
  known.find((value) => value === text) ?? other

function toRecord({ facts, commitment, action, result, actor, ...entry }: ListedEntry): AuditRecord {
  return {
    ...entry,
    action: oneOf(AUDIT_ACTIONS, action, 'OTHER'),
    result: oneOf(AUDIT_RESULTS, result, 'FAILURE'),
    actor: oneOf(ACTOR_KINDS, actor, 'UNKNOWN'),
    facts: readFacts(facts),
    detailsErased: commitment !== null && !entry.hasDetails,
  }
}

/** What a user may see of their account's entries: not the address of an administrator or of an unknown client. */
function withoutOthers(record: AuditRecord, userId: string): AuditRecord {
  if (record.actorId === userId) return record
  return { ...record, actorId: null, ipAddress: null, userAgent: null, requestId: null }
}

/** The user who reads the log. */
interface Reader {
  id: string
  role: 'USER' | 'ADMIN'
}

/** How many new entries are read at once. A flood of attempts on an account is no flood of entries: see refusals.ts. */
const MOST_NEW = 2000

export type AuditListing = ReturnType<typeof createAuditListing>

export function createAuditListing(entries: AuditRepository) {
  const visibleTo = ({ id, role }: Reader, record: AuditRecord): AuditRecord =>
    role === 'ADMIN' ? record : withoutOthers(record, id)
  const seenBy = (reader: Reader, found: readonly AuditRecord[]): AuditRecord[] =>
    found.map((record) => visibleTo(reader, record))

  async function list(filter: EntryFilter, range: PageRange) {
    const { nodes, ...page } = await readPage(
      range,
      (limit) => entries.list(filter, { ...range, limit }),
      // The list is sorted by descending id.
      (behind) => entries.exists(filter, 'upTo' in behind ? { downTo: behind.upTo } : { upTo: behind.from }),
    )
    return { nodes: nodes.map(toRecord), ...page }
  }

  return {
    /** For administrators, the newest first. */
    list,

    /** What happened to the account of this user, the newest first. */
    async ownOf(reader: Reader, range: PageRange) {
      const { nodes, ...page } = await list({ accountId: reader.id }, range)
      return { nodes: seenBy(reader, nodes), ...page }
    },

    /** The newest entries of these accounts, the oldest first. For {@link visibleTo}: it says too much for the users. */
    async newOf(accountIds: readonly string[], from: Date): Promise<AuditRecord[]> {
      return (await entries.listSince(accountIds, from, MOST_NEW)).map(toRecord)
    },

    /** An entry as `reader` may see it. It must be one of their account, unless they are an administrator. */
    visibleTo,

    /** The entries with these ids that the user may see: all for an administrator, otherwise those of their account. */
    async findVisible(reader: Reader, ids: readonly string[]): Promise<AuditRecord[]> {
      const accountId = reader.role === 'ADMIN' ? null : reader.id
      const found = await entries.findByIds(ids.filter(isId), { accountId })
      return seenBy(reader, found.map(toRecord))
    },
  }
}
