// The variables by which a service verifies access tokens: keys, issuer and revocations.
import { z } from 'zod'
import { secret, type Variables } from './values.js'

const pasetoKey = z.string().regex(/^[\da-f]{64}$/i, 'must be 64 hex characters (32 bytes)')

export const tokenVariables = z.object({
  POSTERN_JWKS_URL: z
    .string()
    .refine(
      (value) => /^https?:\/\//.test(value) && URL.canParse(value),
      'must be a URL: https://host/.well-known/jwks.json',
    )
    .optional(),
  JWT_SECRET: secret.optional(),
  JWT_SECRET_PREVIOUS: secret.optional(),
  PASETO_KEY: pasetoKey.optional(),
  PASETO_KEY_PREVIOUS: pasetoKey.optional(),
  JWT_ISSUER: z.string().default('postern'),
  JWT_AUDIENCE: z.string().default('postern'),
  REVOCATION_KEY: secret.optional(),
})

export type TokenVariables = z.output<typeof tokenVariables>

/** A service needs one of them. */
const KEYS = ['POSTERN_JWKS_URL', 'JWT_SECRET', 'PASETO_KEY']
const NO_KEY = 'POSTERN_JWKS_URL is required, or JWT_SECRET or PASETO_KEY of the auth service'

/** Whether the service can check who has written a revocation. */
const hasRevocationKey = (env: Variables): boolean =>
  env['REVOCATION_KEY'] !== undefined || (env['JWT_SECRET'] !== undefined && env['POSTERN_JWKS_URL'] === undefined)
const NO_REVOCATION_KEY =
  'REVOCATION_KEY of the auth service is required in production: without it, everyone who can write to Redis can revoke tokens'

/** What these variables must agree on. */
export const tokenProblems = (env: Variables): string[] => [
  ...(KEYS.some((name) => env[name] !== undefined) ? [] : [NO_KEY]),
  ...(env['NODE_ENV'] !== 'production' || hasRevocationKey(env) ? [] : [NO_REVOCATION_KEY]),
]
