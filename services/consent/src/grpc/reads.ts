// The RPCs that only read: purposes, consents, and the history.
import { readingFor, requireAdmin } from '@postern/service/callers/caller'
import { ServiceError } from '@postern/service/errors'
import { parse } from '@postern/service/input/parse'
import { HistoryProblem } from '@postern/proto/consent'
import type { CallContext } from '@postern/service/callers/call-context'
import type { StoredConsents } from '../consents/stored-consents.js'
import type { Controller } from '../history/entry.js'
import type { Histories } from '../history/histories.js'
import type { VerifyHistory } from '../history/verify-history.js'
import type { Catalog } from '../purposes/catalog.js'
import { inputs } from './inputs.js'
import type { CountCall } from './limits.js'
import { writeConsent, writeEvent, writePurpose } from './messages.js'
import type { ConsentRuns } from './rpc.js'

interface Parts {
  catalog: Catalog
  controller: Controller
  consents: StoredConsents
  histories: Histories
  verifyHistory: VerifyHistory
  count: CountCall
}

const PAGE_SIZE = 50

export function readRuns({ catalog, controller, consents, histories, verifyHistory, count }: Parts) {
  async function reading(context: CallContext, userId: string | undefined): Promise<string> {
    const caller = await context.caller()
    count(caller, 'read')
    return readingFor(caller, userId)
  }

  return {
    listPurposes(request) {
      const { language } = parse(inputs.purposes, request)
      const purposes = catalog.purposes.map((purpose) => writePurpose(purpose, catalog.view(purpose, language)))
      return { purposes, controller }
    },

    async getConsent(request, context) {
      const userId = await reading(context, request.userId)
      const { purpose } = parse(inputs.find, request)
      const { now, consent } = await consents.find(userId, purpose)
      if (!consent) throw new ServiceError('NOT_FOUND')
      return { consent: writeConsent(consent, now, catalog) }
    },

    async listConsents(request, context) {
      const userId = await reading(context, request.userId)
      parse(inputs.user, request)
      const { now, consents: all } = await consents.list(userId)
      return { consents: all.map((consent) => writeConsent(consent, now, catalog)) }
    },

    async getConsentHistory(request, context) {
      const userId = await reading(context, request.userId)
      const { purpose, pagination } = parse(inputs.history, request)
      const limit = pagination?.pageSize || PAGE_SIZE
      const before = pagination?.pageToken ? Number(pagination.pageToken) : Number.MAX_SAFE_INTEGER
      // One more says whether there is another page.
      const entries = await histories.before(userId, purpose || null, before, limit + 1)
      const page = entries.slice(0, limit)
      const next = entries.length > limit ? String(page.at(-1)?.sequence) : ''
      return { events: page.map(writeEvent), pagination: { pageSize: limit, nextPageToken: next } }
    },

    async verifyHistory(request, context) {
      const caller = requireAdmin(await context.caller())
      count(caller, 'verify')
      const { userId } = parse(inputs.verify, request)
      const { finding, entries, retiredEntries, erasedDetails } = await verifyHistory(userId as string)
      return {
        intact: finding === null,
        ...(finding && { problem: HistoryProblem[finding.problem] }),
        ...(finding?.sequence != null && { sequence: BigInt(finding.sequence) }),
        ...{ entries: BigInt(entries), retiredEntries: BigInt(retiredEntries), erasedDetails: BigInt(erasedDetails) },
      }
    },
  } satisfies Partial<ConsentRuns>
}
