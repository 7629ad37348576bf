// What an export contains, whatever its format.
import type { ConsentRow } from '../consents/consent.js'
import type { Controller, Entry } from '../history/entry.js'
import type { PurposeView } from '../purposes/catalog.js'

/** The beginning of an export: all but the history. */
export interface ExportHead {
  readonly userId: string
  /** The database's time. */
  readonly exportedAt: Date
  readonly controller: Controller
  readonly consents: readonly ConsentRow[]
  /** Every text that a consent or an entry of the history is about. */
  readonly texts: readonly PurposeView[]
}

/** Writes an export in parts, which make one file. */
export interface ExportFormat {
  readonly contentType: string
  readonly extension: string
  begin(head: ExportHead): string
  /** `isFirst`: no entries came before. */
  entries(entries: readonly Entry[], isFirst: boolean): string
  end(): string
}
