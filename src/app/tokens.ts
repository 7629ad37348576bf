// Builds the tokens: the formats, the keys that sign, access tokens, refresh tokens, and the check of DPoP proofs.
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import { type Config, ConfigError } from '../config/index.js'
import { deriveSecret } from '@postern/service/sealing'
import { createKeyFiles } from '../repositories/tokens/key-files.js'
import { createUsedProofs } from '../repositories/tokens/used-proofs.js'
import { createSessionTokens, type SecondFactorRule } from '../services/sessions/index.js'
import {
  type CheckProof,
  createCheckProof,
  createRefreshTokens,
  createSigningKeys,
  createTokenService,
  es256,
  hs256,
  NO_KEY,
  paseto,
  type SigningKeys,
} from '../services/tokens/index.js'
import type { Stores } from './stores.js'

const FIRST_KEY = '\nCreate the first key with: npm run keys -- rotate (or: node dist/cli.js keys rotate)'

/** Throws a {@link ConfigError} if KEYS_DIR contains no usable key. */
export async function createTokens({
  config,
  lacksFactor,
  logger,
  clock,
}: {
  config: Config
  lacksFactor: SecondFactorRule
  logger: Logger
  clock: Clock
}) {
  const signingKeys = await openSigningKeys(config, logger, clock)
  const access = createTokenService({
    formats: tokenFormats(config, signingKeys),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    clientId: config.JWT_CLIENT_ID,
    ttl: config.ACCESS_TOKEN_TTL,
    clockSkew: config.CLOCK_SKEW,
    clock,
  })
  return {
    /** Null unless JWTs are signed with key pairs. */
    signingKeys,
    tokens: createSessionTokens(access, createRefreshTokens(config.REFRESH_KEY), lacksFactor),
  }
}

/** The check of DPoP proofs. */
export const createProofs = ({ config, stores, clock }: { config: Config; stores: Stores; clock: Clock }): CheckProof =>
  createCheckProof({
    urls: config.DPOP_URLS,
    // The server that must not evict: a proof that it forgets could be used again.
    used: createUsedProofs(stores.streamRedis, stores.guardStream),
    nonce: {
      secret: deriveSecret(config.REFRESH_KEY, 'postern dpop nonce v1'),
      required: config.DPOP_NONCE === 'required',
    },
    now: () => clock().getTime(),
  })

async function openSigningKeys(config: Config, logger: Logger, clock: Clock): Promise<SigningKeys | null> {
  if (config.KEYS_DIR === undefined || !config.ACCEPTED_TOKEN_FORMATS.includes('jwt')) return null
  const life = { ttl: config.ACCESS_TOKEN_TTL, clockSkew: config.CLOCK_SKEW }
  const keys = createSigningKeys({ files: createKeyFiles(config.KEYS_DIR), life, clock })
  await keys.reload().catch((error: unknown) => {
    if (keys.published().length > 0)
      return logger.warn({ err: error }, "some key files can't be used; continuing without them")
    const { message } = error as Error
    throw new ConfigError(`KEYS_DIR cannot be used: ${message}.${message.endsWith(NO_KEY) ? FIRST_KEY : ''}`)
  })
  return keys
}

/** The format that is issued, and the formats that are accepted. */
function tokenFormats(config: Config, signingKeys: SigningKeys | null) {
  const create = {
    jwt: () => (signingKeys ? es256(signingKeys) : hs256(config.JWT_SECRET, config.JWT_SECRET_PREVIOUS)),
    paseto: () => paseto(config.PASETO_KEY, config.PASETO_KEY_PREVIOUS),
  }
  return {
    issued: create[config.TOKEN_FORMAT](),
    accepted: config.ACCEPTED_TOKEN_FORMATS.map((name) => create[name]()),
  }
}
