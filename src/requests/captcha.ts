// Requires a captcha before anything else of an operation happens.
import type { Captcha } from '../services/captcha/index.js'
import type { Client } from '../services/sessions/index.js'

/** The operations that require one, where captchas are on. */
export const CAPTCHA_OPERATIONS: readonly string[] = ['register', 'login']

/**
 * Nothing is read, counted as a failed login or hashed before the captcha is verified, so no answer depends on the account, and
 * a program can't lock one. Throws CAPTCHA_REQUIRED and CAPTCHA_INVALID.
 */
export async function requireCaptcha(
  captcha: Captcha,
  client: Pick<Client, 'provenKey'>,
  token: string | null | undefined,
): Promise<void> {
  // A captcha works once, and a proof may have to be sent again with another nonce.
  await client.provenKey()
  await captcha.check(token)
}
