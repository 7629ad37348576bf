// Builds the list of breached passwords, if there is one: a file or an API.
import { unguarded } from '@postern/service/breakers'
import { type Config, ConfigError } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { openBreachedFile } from '../repositories/passwords/breached-file.js'
import { createBreachedRange } from '../repositories/passwords/breached-range.js'
import { BREACH_RESULTS, type BreachedPasswords } from '../services/passwords/index.js'
import type { Stores } from './stores.js'

/** An answer for any hash shows that the API responds. */
const PROBE = '0'.repeat(40)

/** Throws a {@link ConfigError} if the file can't be used. */
export async function createBreachedPasswords(
  config: Config,
  { breakers }: Stores,
  metrics: Metrics,
): Promise<{ breached: BreachedPasswords | null; close: () => Promise<void> }> {
  const { BREACHED_PASSWORDS_FILE: path, BREACHED_PASSWORDS_URL: url } = config
  if (path === undefined && url === undefined) return { breached: null, close: () => Promise.resolve() }
  const onChecked = metrics.results(
    'postern_breached_password_checks_total',
    'Look-ups of new passwords in the list of breached ones (failed: the list could not be read; the password was accepted).',
    BREACH_RESULTS,
  )
  if (path !== undefined) {
    const hashes = await openBreachedFile(path).catch((error: unknown) => {
      throw new ConfigError(`BREACHED_PASSWORDS_FILE ${(error as Error).message}`)
    })
    return { breached: { hashes, guard: unguarded, onChecked }, close: () => hashes.close() }
  }
  const hashes = createBreachedRange(url ?? '')
  const { run: guard } = breakers.provider('breached_passwords', () => hashes.count(PROBE))
  return { breached: { hashes, guard, onChecked }, close: () => Promise.resolve() }
}
