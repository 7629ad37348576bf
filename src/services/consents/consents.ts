// The consents of the signed-in user. The consent service has them: this one says who the user is, and where they were asked.
import { ServiceError } from '@postern/service/errors'
import type { Consent, ConsentRecords, Grant, HistoryPage } from './consent.js'
import type { Client, Viewer } from '../sessions/index.js'

/** Both are more than there are. */
interface Page {
  after: string | null
  before: string | null
  backward: boolean
  size: number
}

export type ConsentServices = ReturnType<typeof createConsents>

const reading = ({ signal, requestId }: Client) => ({ signal, ...(requestId !== null && { requestId }) })

/** A person who leaves the page has decided nevertheless. */
const writing = ({ requestId }: Client) => (requestId === null ? {} : { requestId })

export const createConsents = (consents: ConsentRecords) => ({
  purposes: (language: string | null, client: Client) => consents.purposes(language, reading(client)),

  /** By purpose. There is at most one for each, so that the consent service has no pages. */
  async list({ user }: Viewer, page: Page, client: Client) {
    const all = await consents.list(user.id, reading(client))
    return pageOf(all, page)
  },

  /** Throws CONSENT_TEXT_OUTDATED, NOT_FOUND and INVALID_INPUT. */
  grant: ({ user }: Viewer, grant: Grant, client: Client): Promise<Consent> =>
    consents.grant(user.id, grant, client, writing(client)),

  /** Throws NOT_FOUND if the user has never given it. */
  async revoke({ user }: Viewer, purpose: string, client: Client): Promise<Consent> {
    const consent = await consents.revoke(user.id, purpose, client, writing(client))
    if (!consent) throw new ServiceError('NOT_FOUND')
    return consent
  },

  history: ({ user }: Viewer, page: HistoryPage, client: Client) => consents.history(user.id, page, reading(client)),

  export: ({ user }: Viewer, format: 'JSON' | 'CSV', client: Client) =>
    consents.export(user.id, format, reading(client)),

  /** Everything, for the data that a person may take along. */
  async dataOf({ user }: Viewer): Promise<unknown> {
    const { content } = await consents.export(user.id, 'JSON', {})
    return JSON.parse(content)
  },
})

function pageOf(all: readonly Consent[], { after, before, backward, size }: Page) {
  const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
  const end = before === null ? -1 : all.findIndex(({ id }) => id === before)
  const range = all.slice(from, end === -1 ? all.length : end)
  const nodes = backward ? range.slice(-size) : range.slice(0, size)
  const isCut = range.length > nodes.length
  return {
    nodes,
    hasNextPage: backward ? before !== null && end !== -1 : isCut,
    hasPreviousPage: backward ? isCut : after !== null && from > 0,
  }
}
