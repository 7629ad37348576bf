/**
 * React hooks: the session, and a username field.
 *
 * @packageDocumentation
 */
export { useSession } from './use-session.js'
export { useUsername } from './use-username.js'
export type { UsernameField, UsernameInputProps, UseUsernameOptions } from './use-username.js'
