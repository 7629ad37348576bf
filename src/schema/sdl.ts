// Reads the schema's files, which the build copies next to the code.
import { readdirSync, readFileSync } from 'node:fs'

/** The SDL of all domains. */
export function readSchema(): string[] {
  const folder = new URL('./', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return files.map((name) => readFileSync(new URL(name, folder), 'utf8'))
}
