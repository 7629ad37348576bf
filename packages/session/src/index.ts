/**
 * Verifies Postern's access tokens in any service: no call to the auth service, no round trip to Redis.
 *
 * @packageDocumentation
 */
export { createSessionValidator } from './validator.js'
export type { DisconnectedPolicy, SessionValidator, SessionValidatorOptions } from './validator.js'
export type { SessionStatus } from './status.js'
export { createTokenVerifier } from './verifier.js'
export type { RevocationSource, TokenVerifier, TokenVerifierOptions, VerificationKeys } from './verifier.js'
export { RevocationTable } from './revocation-table.js'
export type { Acr, Amr, ClaimOptions, Claims } from './claims.js'
export type { JsonWebKey, JsonWebKeySet, KeySource, PublicKeys, VerificationKey } from './keys.js'
export type { DuplicableRedis } from './redis-clients.js'
export type { StreamCounters } from './revocation-stream.js'
// eslint-disable-next-line @typescript-eslint/no-deprecated -- The name that earlier versions exported.
export type { LogCounters } from './revocation-stream.js'
export { SessionError } from './errors.js'
export type { RequiredAuthentication, SessionErrorCode, SessionErrorStatus } from './errors.js'
export { authenticate, checkAmr, checkRecentAuth, checkRole } from './auth.js'
export type { Auth, BearerOptions, Validates, ValidatesLater } from './auth.js'
export type { Dpop, ProvenKey, TokenSourceOptions } from './token-source.js'
export type { AnyRequest, HeaderList, HeaderRecord, WithHeaders } from './request-headers.js'
export type { MetricsMeter, MetricsRegister, MetricsTarget } from './exported-metrics.js'
export type { Outcomes } from './outcomes.js'
