// The reserved usernames: a published list, our own, and those of the deployment.
import { createRequire } from 'node:module'

// The package is one JSON file.
const published = createRequire(import.meta.url)('reserved-usernames') as string[]

/** Usernames that visitors would trust. They are reserved, and so are their lookalikes. */
export const TRUSTED_USERNAMES: readonly string[] = [
  ...['admin', 'administrator', 'admins', 'root', 'system', 'sysadmin', 'superuser'],
  ...['support', 'helpdesk', 'moderator', 'moderators', 'security', 'abuse', 'billing'],
  ...['staff', 'team', 'official', 'verified', 'postmaster', 'hostmaster', 'webmaster', 'postern'],
]

/** Returns whether a canonical username is reserved. `own`: the deployment's usernames, in any spelling. */
export function createReservedUsernames(own: readonly string[]): (canonical: string) => boolean {
  const canonicals = new Set([...published, ...TRUSTED_USERNAMES, ...own].map((username) => username.toLowerCase()))
  return (canonical) => canonicals.has(canonical)
}
