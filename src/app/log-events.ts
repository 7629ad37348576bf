// Log lines for an operator: events of the hasher and of Redis, and settings that cause trouble.
import { REFRESH_TAKES_SECONDS } from '@postern/contract/refresh'
import type { Logger } from '@postern/service/logger'
import type { OnRefused } from '../services/passkeys/index.js'

export function logHasherEvents(logger: Logger) {
  let warned = false
  return {
    onLibrary(library: string) {
      if (library === '@node-rs/argon2' || warned) return
      warned = true
      logger.warn({ library }, '@node-rs/argon2 has no binary for this machine: hashing takes more than twice as long')
    },
    onDeath: () => logger.error('the password hasher ended unexpectedly; starting another one'),
  }
}

/** How often the end of the audit log is logged: compared with it, the log can't lose its end unnoticed. */
const HEAD_LOGGED_MS = 3_600_000

export function logSealing(logger: Logger, monotonic: () => number) {
  let loggedAt = -Infinity
  const textOf = ({ position, seal }: { position: number; seal: string }) => `${position}:${seal}`
  return {
    onSealed(head: { position: number; seal: string }) {
      if (monotonic() - loggedAt < HEAD_LOGGED_MS) return
      loggedAt = monotonic()
      logger.info({ auditHead: textOf(head) }, 'the head of the audit log')
    },
    onRollback(seen: { position: number; seal: string }, found: { position: number; seal: string }) {
      const facts = { seen: textOf(seen), found: textOf(found) }
      logger.error({ securityEvent: 'audit_log_rolled_back', ...facts }, 'the audit log has lost its end')
    },
    onForged(position: number) {
      logger.error({ securityEvent: 'audit_entry_forged', position }, 'an entry of the audit log is not genuine')
    },
  }
}

/** A server that evicts could drop the revocation stream. */
export const logEvictionPolicy = (logger: Logger) => (policy: string) => {
  if (policy !== 'noeviction')
    logger.warn({ policy }, 'the Redis of the revocation stream may evict it: set maxmemory-policy noeviction')
}

/** Logs one line when Redis becomes unavailable, not one for each attempt to reconnect. */
export function logRedisErrors(logger: Logger): (error: Error) => void {
  let last = ''
  return (error) => {
    if (error.message !== last) logger.warn({ err: error }, 'Redis is unavailable; continuing without it')
    last = error.message
  }
}

/** Logs one line when revocations can't be followed, not one for each attempt. */
export function logUnfollowed(logger: Logger): (error: Error) => void {
  let last = ''
  return (error) => {
    if (error.message !== last)
      logger.warn({ err: error }, "the revocations in Redis can't be followed; validating tokens with MySQL")
    last = error.message
  }
}

/** @postern/client tries a refresh twice. The second try must still be within the grace period. */
export function logShortGrace(logger: Logger, grace: number): void {
  if (grace <= REFRESH_TAKES_SECONDS)
    logger.warn(
      { REFRESH_GRACE: grace },
      `a lost response can sign users out: @postern/client takes up to ${REFRESH_TAKES_SECONDS} s for a refresh; raise REFRESH_GRACE`,
    )
}

/** Clients hear no reason. A counter that has not risen can mean a copied passkey; a page that is not allowed, a wrong setting. */
export function logPasskeyRefusals(logger: Logger): OnRefused {
  let warned = false
  return (refusal, passkey) => {
    if (refusal === 'counter')
      logger.warn({ securityEvent: 'passkey_counter_not_raised', ...passkey }, 'there may be a copy of a passkey')
    if (refusal !== 'origin' || warned) return
    warned = true
    logger.warn('a page that PASSKEY_ORIGINS does not allow has used passkeys; further ones are not logged')
  }
}
