import { createRequire } from 'node:module'

// The package is one JSON file.
const published = createRequire(import.meta.url)('reserved-usernames') as string[]

/** Names that a visitor would trust: they are reserved, and so is what looks like them. */
export const TRUSTED_USERNAMES: readonly string[] = [
  ...['admin', 'administrator', 'admins', 'root', 'system', 'sysadmin', 'superuser'],
  ...['support', 'helpdesk', 'moderator', 'moderators', 'security', 'abuse', 'billing'],
  ...['staff', 'team', 'official', 'verified', 'postmaster', 'hostmaster', 'webmaster', 'postern'],
]

/** Tells whether a canonical username is reserved: by the published list, by ours, or by this deployment's own names. */
export function createReservedUsernames(own: readonly string[]): (canonical: string) => boolean {
  const names = new Set([...published, ...TRUSTED_USERNAMES, ...own].map((name) => name.toLowerCase()))
  return (canonical) => names.has(canonical)
}
