/**
 * Sign-up, sign-in, sessions and usernames checked as you type, for frontends of Postern.
 *
 * @packageDocumentation
 */
export { createClient } from './client.js'
export type { CallOptions, Client, ClientOptions, Credentials, PasswordChange, Policy } from './client.js'
export { PosternError } from './errors.js'
export type { FieldProblem, PosternErrorCode, PosternErrorDetails, PosternErrorReason } from './errors.js'
export type { SessionState } from './session-state.js'
export type { SignOutReason } from './tabs.js'
export { usernameChecker } from './username-checker.js'
export type { UsernameChecker, UsernameCheckerOptions, UsernameState } from './username-checker.js'
export type {
  AuditAction,
  AuditActor,
  AuditFact,
  AuditResult,
  PublicUser,
  RegisterInput,
  RequestEmailChangeInput,
  ResetPasswordInput,
  Session,
  UpdateProfileInput,
  User,
  UserAddress,
  UserRole,
  UsernameAvailability,
  UsernameRecord,
  UsernameUnavailableReason,
  VerifyEmailInput,
} from './generated/schema.js'
