// The audit log, with the names of the users in it.
import type { AuditAction } from '@postern/client'
import { client } from '../../service.js'
import type { Activity } from '../../wording/activities.js'
import { type Connection, PAGE_INFO } from '../list/use-pages.js'
import { nameOf } from '../users/accounts.js'

export interface Entry extends Activity {
  readonly accountId: string | null
  /** What the account and the actor are called: null if they are unknown, such as after an account was erased. */
  readonly accountName: string | null
  readonly actorName: string | null
}

export interface EntryFilter {
  readonly accountId?: string
  readonly actorId?: string
  readonly action?: AuditAction
}

const ENTRIES =
  'query($filter:AuditFilter,$first:Int,$after:ID){auditLog(filter:$filter,first:$first,after:$after){edges{node' +
  `{id at action result actor actorId accountId facts{name value}ipAddress userAgent}}${PAGE_INFO}}}`
const NAMES = 'query($ids:[ID!]!){nodes(ids:$ids){...on User{id email username}}}'

type Unnamed = Omit<Entry, 'accountName' | 'actorName'>

/** The newest first. `first`: at most 50, because `nodes` takes 100 ids and each entry can name two users. */
export async function entries(filter: EntryFilter, first: number, after: string | null): Promise<Connection<Entry>> {
  const variables = { filter, first, after }
  const { auditLog } = await client.request<{ auditLog: Connection<Unnamed> }>(ENTRIES, variables)
  const names = await namesOf(auditLog.edges.flatMap(({ node }) => [node.accountId, node.actorId]))
  const named = (id: string | null) => (id === null ? null : (names.get(id) ?? null))
  return {
    ...auditLog,
    edges: auditLog.edges.map(({ node }) => ({
      node: { ...node, accountName: named(node.accountId), actorName: named(node.actorId) },
    })),
  }
}

async function namesOf(mentioned: readonly (string | null)[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(mentioned.filter((id) => id !== null))]
  if (ids.length === 0) return new Map()
  const { nodes } = await client.request<{
    nodes: ({ id: string; email: string; username: string | null } | null)[]
  }>(NAMES, { ids })
  return new Map(nodes.flatMap((user) => (user?.id ? [[user.id, nameOf(user)] as const] : [])))
}
