// The RPC ExportUserConsents.
import { readingFor } from '@postern/service/callers/caller'
import { parse } from '@postern/service/input/parse'
import { ExportFormat } from '@postern/proto/consent'
import { csvExport } from '../export/csv-export.js'
import type { ExportConsents } from '../export/exporting.js'
import { jsonExport } from '../export/json.js'
import { inputs } from './inputs.js'
import type { CountCall } from './limits.js'
import type { ConsentRuns } from './rpc.js'

export const exportRuns = ({ exportConsents, count }: { exportConsents: ExportConsents; count: CountCall }) =>
  ({
    async exportUserConsents(request, context) {
      const caller = await context.caller()
      const userId = readingFor(caller, request.userId)
      const { format: wanted, pageToken } = parse(inputs.export, request)
      // The other pages belong to the same export.
      count(caller, pageToken ? 'read' : 'export')
      const format = wanted === Number(ExportFormat.CSV) ? csvExport : jsonExport
      const { content, nextPageToken } = await exportConsents(userId, format, pageToken || null)
      return {
        ...{ content, contentType: format.contentType, nextPageToken: nextPageToken ?? '' },
        fileName: `consents-${userId}.${format.extension}`,
      }
    },
  }) satisfies Partial<ConsentRuns>
