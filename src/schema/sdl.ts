// Reads the schema's files. The build copies them to dist/schema/, where the program finds them.
import { readdirSync, readFileSync } from 'node:fs'
import { packageFolder } from '@postern/service/package-folder'

const isSource = import.meta.url.endsWith('.ts')
const folder = isSource ? new URL('./', import.meta.url) : new URL('dist/schema/', packageFolder(import.meta.url))

/** The SDL of all domains. */
export function readSchema(): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return files.map((name) => readFileSync(new URL(name, folder), 'utf8'))
}
