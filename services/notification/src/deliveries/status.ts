// What becomes of a delivery.

export type DeliveryStatus = 'PENDING' | 'COLLECTED' | 'DELIVERED' | 'FAILED' | 'SUPPRESSED' | 'EXPIRED'

/** Why a delivery is due later. `RETRY_AFTER`: its receiver has said when. */
export type WaitsFor = 'QUIET_HOURS' | 'DIGEST' | 'CONSENT' | 'RETRY' | 'RETRY_AFTER'

/** Nothing is left to do. */
export type FinalStatus = Exclude<DeliveryStatus, 'PENDING' | 'COLLECTED'>
