import { type Config, ConfigError } from '../config.js'
import type { Logger } from '../logger.js'
import { createKeyFiles } from '../repositories/key-files.js'
import type { Clock } from '../services/clock.js'
import { createSigningKeys, NO_KEY, type SigningKeys } from '../services/signing-keys.js'
import { es256, hs256, paseto } from '../services/token-formats.js'

const FIRST_KEY = '\nMake the first key with: npm run keys -- rotate (or: node dist/cli.js keys rotate)'

/** Null unless JWTs are signed with key pairs. Throws a {@link ConfigError} when there is no key to start with. */
export async function openSigningKeys(config: Config, log: Logger, clock: Clock): Promise<SigningKeys | null> {
  if (config.KEYS_DIR === undefined || !config.ACCEPTED_TOKEN_FORMATS.includes('jwt')) return null
  const life = { ttl: config.ACCESS_TOKEN_TTL, clockSkew: config.CLOCK_SKEW }
  const keys = createSigningKeys({ files: createKeyFiles(config.KEYS_DIR), life, clock })
  await keys.reload().catch((error: unknown) => {
    if (keys.published().length > 0)
      return log.warn({ err: error }, 'some keys cannot be used; continuing without them')
    const { message } = error as Error
    throw new ConfigError(`KEYS_DIR cannot be used: ${message}.${message.endsWith(NO_KEY) ? FIRST_KEY : ''}`)
  })
  return keys
}

/** What tokens look like: the format that is issued, and those that are accepted. */
export function tokenFormats(config: Config, signingKeys: SigningKeys | null) {
  const make = {
    jwt: () => (signingKeys ? es256(signingKeys) : hs256(config.JWT_SECRET, config.JWT_SECRET_PREVIOUS)),
    paseto: () => paseto(config.PASETO_KEY, config.PASETO_KEY_PREVIOUS),
  }
  return { issued: make[config.TOKEN_FORMAT](), accepted: config.ACCEPTED_TOKEN_FORMATS.map((name) => make[name]()) }
}
