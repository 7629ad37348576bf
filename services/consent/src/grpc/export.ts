// The RPC ExportUserConsents.
import { readingFor } from '@postern/service/callers/caller'
import { invalidField } from '@postern/service/errors'
import { parse } from '@postern/service/input/parse'
import { ExportFormat } from '@postern/proto/consent'
import { csvExport } from '../export/csv-export.js'
import type { ExportConsents, Place } from '../export/exporting.js'
import { jsonExport } from '../export/json.js'
import type { Exported, PageTokens } from '../export/page-tokens.js'
import { inputs } from './inputs.js'
import type { CountCall } from './limits.js'
import type { ConsentRuns } from './rpc.js'

interface Parts {
  exportConsents: ExportConsents
  tokens: PageTokens
  count: CountCall
}

export function exportRuns({ exportConsents, tokens, count }: Parts) {
  /** Null for the first page. Throws INVALID_INPUT for a token of something else. */
  function placeOf(exported: Exported, token: string): Place | null {
    if (token === '') return null
    const place = tokens.read(exported, token)
    if (!place) throw invalidField('pageToken', 'Page token must be that of the previous page.')
    return place
  }

  return {
    async exportUserConsents(request, context) {
      const isFirst = request.pageToken === ''
      // The client has sent one proof of its key for the whole file, and the first page has used it up.
      const caller = await (isFirst ? context.caller() : context.continuing())
      const userId = readingFor(caller, request.userId)
      const { format: wanted, pageToken } = parse(inputs.export, request)
      const format = wanted === Number(ExportFormat.CSV) ? csvExport : jsonExport
      const exported = { caller, userId, format: format.extension }
      // Before the call counts: without a proof of the key, only the page's token shows that the caller is the one who began.
      const place = placeOf(exported, pageToken)
      // The other pages belong to the same export.
      count(caller, isFirst ? 'export' : 'read')
      const { content, next } = await exportConsents(userId, format, place)
      return {
        ...{ content, contentType: format.contentType, nextPageToken: next ? tokens.write(exported, next) : '' },
        fileName: `consents-${userId}.${format.extension}`,
      }
    },
  } satisfies Partial<ConsentRuns>
}
