// What people read of an error.
import type { ErrorCode } from './errors.js'

/** The message of each code, unless the error has its own. */
export const ERROR_MESSAGES: Readonly<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'Sign in first. This needs a valid access token.',
  REFRESH_TOKEN_REUSED: 'This refresh token was already used, so its session was ended. Sign in again.',
  INVALID_DPOP_PROOF: 'The DPoP proof is missing or not valid.',
  USE_DPOP_NONCE: 'The DPoP proof must contain the nonce of this response. Send the request again with it.',
  FORBIDDEN: "You don't have permission to do this.",
  INVALID_INPUT: 'Check the marked fields.',
  EMAIL_EXISTS: 'An account with this email address already exists. Sign in instead.',
  USERNAME_TAKEN: 'This username is taken. Choose another one.',
  USERNAME_RESERVED: 'This username is reserved. Choose another one.',
  WEAK_PASSWORD: 'This password is easy to guess. Choose another one.',
  BREACHED_PASSWORD:
    'This password is in a list of stolen ones. Choose another one, and change it wherever else you use it.',
  INVALID_CODE: 'This code is wrong or no longer valid. Check it, or request a new one.',
  MFA_REQUIRED: 'Enter a code of your authenticator app, or a recovery code.',
  MFA_ENROLLMENT_REQUIRED: 'Your role requires two-step verification. Set it up, or sign in with it.',
  REAUTHENTICATION_REQUIRED: "Confirm that it's you, and try again.",
  OAUTH_FAILED: 'This sign-in was not completed, or has expired. Start again.',
  OAUTH_NOT_LINKED: 'This account is not linked yet. Sign in another way first, then add it to your sign-in methods.',
  OAUTH_ALREADY_LINKED: 'This account is linked to another user, or you have linked one of this provider already.',
  EMAIL_NOT_VERIFIED: 'Verify your email address first: open the mail that we sent you, or request a new one.',
  ACCOUNT_DELETION_PENDING:
    'This account is being deleted. To keep it, open the link in the mail about it, which we send again, or contact the operator.',
  REGISTRATION_CLOSED: 'New accounts are not available. Contact the operator of this service.',
  INVALID_INVITATION: 'This needs an invitation: check the code, or ask for a new one.',
  MAIL_UNAVAILABLE: 'This service sends no mail. Contact its operator.',
  PASSKEY_INVALID: 'This passkey was not accepted. Try again, or use another one.',
  CHALLENGE_EXPIRED: 'This took too long. Try again.',
  TOO_MANY_PASSKEYS: 'You have as many passkeys as an account can have. Remove one first.',
  IDEMPOTENCY_KEY_REUSED: 'This idempotency key was used for another request. Choose a new one.',
  CAPTCHA_REQUIRED: 'Show that you are not a program: complete the captcha.',
  CAPTCHA_INVALID: 'The captcha has expired or was not accepted. Complete it again.',
  CONSENT_TEXT_OUTDATED: 'This text has changed. Read the current one, and decide again.',
  RATE_LIMITED: 'Too many attempts. Try again later.',
  NOT_FOUND: 'Not found.',
  SERVICE_UNAVAILABLE: 'The service is unavailable right now. Try again in a moment.',
  INTERNAL_SERVER_ERROR: 'Something went wrong on our side. If you report it, include the request ID.',
}
