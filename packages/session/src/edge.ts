/**
 * Verifies Postern's access tokens where neither Node.js nor Redis is available: Cloudflare Workers, middleware of Next.js,
 * Deno, Bun and browsers. Needs only WebCrypto and fetch.
 *
 * It can't follow the revocation stream. The required option `revocations` decides what that means.
 *
 * @packageDocumentation
 */
export { authenticate, createEdgeValidator } from './edge-validator.js'
export type { EdgeAuth, EdgeValidator, EdgeValidatorOptions } from './edge-validator.js'
export { serviceCheck } from './edge-revocations.js'
export type {
  RevocationCheck,
  RevocationCheckContext,
  RevocationOptions,
  ServiceCheckOptions,
} from './edge-revocations.js'
export type { EdgeKeyOptions } from './edge-keys.js'
export { checkAmr, checkRecentAuth, checkRole } from './auth.js'
export type { Auth } from './auth.js'
export { SessionError } from './errors.js'
export type { RequiredAuthentication, SessionErrorCode, SessionErrorStatus } from './errors.js'
export type { Acr, Amr, ClaimOptions, Claims } from './claims.js'
export type { JsonWebKey, JsonWebKeySet } from './jwk.js'
export type { AnyRequest, HeaderList, HeaderRecord, WithHeaders } from './request-headers.js'
export type { TokenSourceOptions } from './token-source.js'
