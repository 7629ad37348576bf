// Verification: codes by mail that verify an email address, reset a password, or change the address.
export { type CodeOf, createCodeOf } from './codes.js'
