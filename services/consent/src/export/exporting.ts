// Exports what is stored of a user, in pages that make one file.
import { invalidField } from '@postern/service/errors'
import type { StoredConsents } from '../consents/stored-consents.js'
import type { Controller } from '../history/entry.js'
import type { Histories } from '../history/histories.js'
import type { Releases } from '../purposes/releases.js'
import type { ExportFormat, ExportHead } from './parts.js'

/** Entries of a page: about a third of a megabyte, of the four that a message of gRPC may have. */
const PAGE_ENTRIES = 500

export interface ExportPage {
  readonly content: string
  /** Null on the last page. */
  readonly nextPageToken: string | null
}

/** Where a page begins, and where the file ends: it was decided with the first page, so later entries are not in it. */
interface Place {
  readonly after: number
  readonly through: number
}

const PLACE = /^(\d{1,15})-(\d{1,15})$/

function placeOf(token: string): Place {
  const [, after, through] = PLACE.exec(token) ?? []
  if (after === undefined || through === undefined)
    throw invalidField('pageToken', 'Page token must be that of the previous page.')
  return { after: Number(after), through: Number(through) }
}

const tokenOf = ({ after, through }: Place): string => `${after}-${through}`

export type ExportConsents = ReturnType<typeof createExporting>

export function createExporting({
  consents,
  histories,
  releases,
  controller,
}: {
  consents: StoredConsents
  histories: Histories
  releases: Releases
  controller: Controller
}) {
  async function headOf(userId: string): Promise<ExportHead> {
    const { now, consents: current } = await consents.list(userId)
    const purposes = new Set([...current.map(({ purpose }) => purpose), ...(await histories.purposes(userId))])
    const texts = await releases.list([...purposes])
    return { userId, exportedAt: now, controller, consents: current, texts }
  }

  /** `token`: null for the first page. Throws INVALID_INPUT for a token of something else. */
  return async (userId: string, format: ExportFormat, token: string | null): Promise<ExportPage> => {
    const isFirst = token === null
    const place = isFirst ? { after: 0, through: await histories.newest(userId) } : placeOf(token)
    const head = isFirst ? format.begin(await headOf(userId)) : ''
    const entries = await histories.between(userId, place.after, place.through, PAGE_ENTRIES)
    const content = head + format.entries(entries, isFirst)
    const last = entries.at(-1)?.sequence ?? place.through
    if (entries.length < PAGE_ENTRIES || last >= place.through)
      return { content: content + format.end(), nextPageToken: null }
    return { content, nextPageToken: tokenOf({ after: last, through: place.through }) }
  }
}
