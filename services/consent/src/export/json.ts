// An export as JSON: one object, whose last property is the history.
import type { ConsentRow } from '../consents/consent.js'
import type { Entry } from '../history/entry.js'
import type { ExportFormat } from './parts.js'

const consentOf = ({ sequence: _, ...consent }: ConsentRow): object => consent

const entryOf = ({ details, commitment, ...entry }: Entry): object => ({
  ...entry,
  address: details?.address ?? null,
  userAgent: details?.userAgent ?? null,
  detailsErased: commitment !== null && details === null,
})

export const jsonExport: ExportFormat = {
  contentType: 'application/json',
  extension: 'json',

  begin({ consents, ...head }) {
    const text = JSON.stringify({ ...head, consents: consents.map(consentOf) })
    return `${text.slice(0, -1)},"history":[`
  },

  entries: (entries, isFirst) =>
    entries.map((entry, i) => `${isFirst && i === 0 ? '' : ','}\n${JSON.stringify(entryOf(entry))}`).join(''),

  end: () => '\n]}\n',
}
