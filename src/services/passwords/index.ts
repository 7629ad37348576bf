// Passwords: the rules for new ones, and hashing and verifying in a process of its own.
export { contextWords } from './context-words.js'
export { BREACH_RESULTS, type BreachedPasswords, createNewPasswordRule, type NewPasswordRule } from './breached.js'
export { readForeignHash } from './foreign/index.js'
export type { StartHasher } from './hasher/client.js'
export { createHashing } from './hasher/pool.js'
export { createPasswordService, type PasswordService } from './passwords.js'
export { clientRequester, userRequester } from './requester.js'
