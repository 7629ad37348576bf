// Settings of this example, from the environment or from .postern/env as `npm start` left it.
const {
  POSTERN_JWKS_URL,
  JWT_SECRET,
  REVOCATION_REDIS_URL,
  REDIS_URL,
  REVOCATION_KEY,
  EXAMPLE_PORT = '8081',
} = process.env

export const port = Number(EXAMPLE_PORT)

export const redis = REVOCATION_REDIS_URL || REDIS_URL || missing('REDIS_URL')

/** With public keys this service can verify tokens but not issue them. With the shared secret it could do both. */
export const keys = {
  ...(POSTERN_JWKS_URL
    ? { jwksUrl: POSTERN_JWKS_URL }
    : { secret: JWT_SECRET || missing('POSTERN_JWKS_URL or JWT_SECRET') }),
  ...(REVOCATION_KEY && { revocationKey: REVOCATION_KEY }),
}

function missing(name: string): never {
  console.error(`${name} is not set. Start the auth service first: npm start`)
  process.exit(1)
}
