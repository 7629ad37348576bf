// Audit: who did what to which account, when, from where and with which result; sealed, listed, verified and erased.
import type { AuditErasure } from './erasure.js'
import type { AuditListing } from './listing.js'
import type { AuditVerification } from './verification.js'

export { type Actor, OPERATOR, type Origin, SERVICE, unknownActor, userActor } from './actors.js'
export type { AuditEvent } from './entries.js'
export { createAuditErasure, type AuditErasure } from './erasure.js'
export { createAuditKeys } from './keys.js'
export { type AuditListing, createAuditListing } from './listing.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { AuditRecord } from './listing.js'
export { createRefusals, type Refusals } from './refusals.js'
export { createAuditRetention } from './retention.js'
export { createSealer } from './sealer.js'
export { type AuditTrail, createAuditTrail } from './trail.js'
export { createAuditVerification } from './verification.js'

export interface AuditServices {
  listing: AuditListing
  verify: AuditVerification
  erasure: Pick<AuditErasure, 'eraseNow'>
}
