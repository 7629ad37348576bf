// Limits: the lock-out after failed logins, and how often an operation may be called.
export { createDevices } from './devices.js'
export { createLockOut, type LockOut, withoutLockOut } from './lock-out.js'
