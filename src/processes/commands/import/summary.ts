// The last lines of an import: what became of the file's lines.
import type { Result } from '@postern/service/commands/command'
import type { Counts } from './progress.js'

export interface Totals extends Counts {
  withoutPassword: number
}

/** The exit code if some lines were refused, and all others are imported. */
const REFUSED = 2

/** `before`: what earlier runs did with the same file. */
export function summaryOf(
  { imported, withoutPassword, skipped, refused }: Totals,
  { isTrial, before }: { isTrial: boolean; before: { line: number; imported: number; refused: number } | null },
): Result {
  const passwords = withoutPassword > 0 ? `, of which ${withoutPassword} have no password` : ''
  const lines = [`${isTrial ? 'Would be imported' : 'Imported'}: ${imported}${passwords}`]
  if (skipped > 0) lines.push(`Skipped, because they were imported before: ${skipped}`)
  lines.push(`Refused: ${refused}`)
  if (before)
    lines.push(`By earlier runs, up to line ${before.line}: ${before.imported} imported, ${before.refused} refused`)
  return { text: lines.join('\n'), failed: false, exitCode: refused + (before?.refused ?? 0) > 0 ? REFUSED : 0 }
}
