// The operations of audit.graphql.
import type { AuditEntryResolvers, QueryResolvers } from '../generated/graphql.js'
import { auditInputs as inputs } from '../schema/audit.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { AuditServices } from '../services/audit/index.js'
import { connectionOf } from './connection.js'

export function auditQueries({ listing }: AuditServices) {
  return {
    async auditLog(_, args, context) {
      await context.admin()
      const { filter, ...page } = parse(inputs.auditLog, args)
      return connectionOf(await listing.list(filter ?? {}, rangeOf(page)))
    },

    async myActivity(_, args, context) {
      const { user } = await context.viewer()
      return connectionOf(await listing.ownOf(user, rangeOf(parse(inputs.myActivity, args))))
    },
  } satisfies QueryResolvers
}

interface PageArguments {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

const rangeOf = ({ first, after = null, last, before = null }: PageArguments) => ({
  ...{ after, before },
  size: last ?? first ?? 25,
  backward: last != null,
})

export const AuditEntry: AuditEntryResolvers = {
  facts: ({ facts }) => Object.entries(facts).map(([name, value]) => ({ name, value })),
}
