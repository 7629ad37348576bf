// Says in words why a sign-in with a provider did not succeed.

const words: Readonly<Record<string, string>> = {
  OAUTH_FAILED: 'The sign-in was not completed, or took too long. Try again.',
  OAUTH_NOT_LINKED:
    'This account is not linked yet. Sign in another way or create an account, then add it under "Sign-in methods".',
  OAUTH_ALREADY_LINKED: 'This account is linked to another user, or you have linked one of this provider already.',
  SERVICE_UNAVAILABLE: 'The provider does not respond right now. Try again in a moment, or sign in another way.',
  UNAUTHENTICATED: 'This account can not be used to sign in. Contact the operator.',
  REGISTRATION_CLOSED: 'New accounts are not available here.',
  INVALID_INVITATION: 'You need an invitation to this address. Ask for one, or sign in another way.',
  ACCOUNT_DELETION_PENDING:
    'This account is being deleted. To keep it, open the link in the mail about it, which we send again.',
  EMAIL_NOT_VERIFIED: 'Verify your email address first.',
  RATE_LIMITED: 'Too many attempts. Try again later.',
}

/** `code`: as the service has put it into the address. Anyone can write something else there, so nothing of it is shown. */
export const sayOAuthError = (code: string): string =>
  words[code] ?? 'The sign-in did not succeed. Try again, or sign in another way.'
