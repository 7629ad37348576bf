import { createRequire } from 'node:module'

// The package is one JSON file.
const published = createRequire(import.meta.url)('reserved-usernames') as string[]

/** Tells whether a canonical username is reserved: by the published list or by this deployment's own names. */
export function createReservedUsernames(own: readonly string[]): (canonical: string) => boolean {
  const names = new Set([...published, ...own].map((name) => name.toLowerCase()))
  return (canonical) => names.has(canonical)
}
