// Writes files in the project's format.
import { writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'

/** Writes a file, formatted by Prettier like the rest of the project. */
export async function writeFormatted(file: string, text: string): Promise<void> {
  const options = await resolveConfig(file)
  writeFileSync(file, await format(text, { ...options, filepath: file }))
}
