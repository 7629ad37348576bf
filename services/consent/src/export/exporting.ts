// Exports what is stored of a user, in pages that make one file.
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
  readonly next: Place | null
}

/** Where a page begins, and where the file ends: it was decided with the first page, so later entries are not in it. */
export interface Place {
  readonly after: number
  readonly through: number
}

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

  /** `from`: null for the first page. */
  return async (userId: string, format: ExportFormat, from: Place | null): Promise<ExportPage> => {
    const place = from ?? { after: 0, through: await histories.newest(userId) }
    const isFirst = from === null
    const head = isFirst ? format.begin(await headOf(userId)) : ''
    const entries = await histories.between(userId, place.after, place.through, PAGE_ENTRIES)
    const content = head + format.entries(entries, isFirst)
    const last = entries.at(-1)?.sequence ?? place.through
    if (entries.length < PAGE_ENTRIES || last >= place.through) return { content: content + format.end(), next: null }
    return { content, next: { after: last, through: place.through } }
  }
}
