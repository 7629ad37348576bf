// Saves the data of the user as a file.
import type { DataExport } from '@postern/client/data'

export function saveExport({ createdAt, json }: DataExport): void {
  const url = URL.createObjectURL(new Blob([json], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `account-data-${createdAt.slice(0, 10)}.json`
  link.click()
  // After the browser has started the download.
  setTimeout(() => URL.revokeObjectURL(url))
}
