// Passwords: the policy for new ones, and hashing and verifying in a process of its own.
export { readForeignHash } from './foreign/index.js'
export { createHashing } from './hasher/pool.js'
export { createPasswordService, type PasswordService } from './passwords.js'
export { isWeakPassword } from './policy.js'
export { clientRequester, userRequester } from './requester.js'
