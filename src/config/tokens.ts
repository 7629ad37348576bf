// The variables of tokens and revocations: formats, keys and lifetimes.
import { z } from 'zod'
import { list, secret, seconds, type Variables } from '@postern/service/values'

export type TokenFormatName = 'jwt' | 'paseto'

const formats = list.refine(
  (items) => items.every((item) => item === 'jwt' || item === 'paseto'),
  'must be jwt, paseto, or both, separated by a comma',
)

const pasetoKey = z
  .string()
  .regex(/^[\da-f]{64}$/i, 'must be 64 hex characters (32 bytes); generate one with: openssl rand -hex 32')

/** A name, or a URL as RFC 8414 wants it: others append paths to it, and compare it character by character. */
const issuer = z
  .string()
  .refine(
    (value) => !/^https?:/i.test(value) || isPlainUrl(value),
    'must be a name, or a URL without credentials, query and fragment, such as https://auth.example.com',
  )

const isPlainUrl = (value: string): boolean => /^https?:\/\/[^\s?#@]+$/i.test(value) && URL.canParse(value)

export const tokenVariables = z.object({
  TOKEN_FORMAT: z.enum(['jwt', 'paseto'], 'must be jwt or paseto').default('jwt'),
  ACCEPTED_TOKEN_FORMATS: formats,
  JWT_SECRET: secret.optional(),
  JWT_SECRET_PREVIOUS: secret.optional(),
  KEYS_DIR: z.string().optional(),
  JWKS_CACHE_TTL: seconds(300, 10, 3600),
  PASETO_KEY: pasetoKey.optional(),
  PASETO_KEY_PREVIOUS: pasetoKey.optional(),
  JWT_ISSUER: issuer.default('postern'),
  JWT_AUDIENCE: z.string().default('postern'),
  JWT_CLIENT_ID: z.string().default('postern'),
  ACCESS_TOKEN_TTL: seconds(900, 1, 86_400),
  CLOCK_SKEW: seconds(30, 0, 60),
  REFRESH_KEY: secret,
  REVOCATION_KEY: secret.optional(),
})

/** The accepted formats. By default that is the one that is issued. */
export function acceptedFormats(env: Variables): readonly TokenFormatName[] {
  const named = (env['ACCEPTED_TOKEN_FORMATS'] ?? env['TOKEN_FORMAT'] ?? 'jwt').split(',')
  return (['jwt', 'paseto'] as const).filter((format) => named.some((name) => name.trim() === format))
}
