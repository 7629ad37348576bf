// Limits: the lock-out after failed logins, and how often an operation may be called.
import type { AddressLimits } from './address-limits.js'
import type { CallLimits } from './call-limits.js'
import type { LockOut } from './lock-out.js'

export { type AddressLimits, createAddressLimits } from './address-limits.js'
export { type CallLimits, createCallLimits, type OperationLimits, tooManyCalls } from './call-limits.js'
export { createDevices } from './devices.js'
export { createLockOut, type LockOut, withoutLockOut } from './lock-out.js'

export interface LimitServices {
  calls: CallLimits
  /** Null if no address is limited. */
  addresses: AddressLimits | null
  lockedUntil: LockOut['lockedUntil']
}
