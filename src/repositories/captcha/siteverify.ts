// Verifies captcha tokens at a provider: the siteverify protocol of Turnstile and hCaptcha.
import { ProviderFailure, requestProvider } from '../../clients/provider-requests.js'

/** What the provider says about a token. `hostname`: of the page where it was solved, if the provider says it. */
export interface CaptchaAnswer {
  passed: boolean
  hostname: string | null
}

export interface CaptchaProvider {
  /** Rejects with ProviderFailure without a usable answer, and with another error if the provider refuses the secret. */
  verify(token: string): Promise<CaptchaAnswer>
}

const BOUNDS = { timeoutMs: 3000, maxBytes: 64 * 1024 }

/** Codes that are about the service, not about the token. */
const ABOUT_SECRET = ['missing-input-secret', 'invalid-input-secret', 'sitekey-secret-mismatch']
const UNDECIDED = 'internal-error'

/**
 * Sends only the secret and the token: the provider has seen the client's address when it was solved, and without
 * TRUST_PROXY the service doesn't know it.
 */
export const createSiteverify = (url: string, secret: string): CaptchaProvider => ({
  async verify(token) {
    const body = new URLSearchParams({ secret, response: token })
    const { status, text } = await requestProvider(new URL(url), { method: 'POST', body, ...BOUNDS })
    const answer = parse(text)
    // Turnstile answers 400 to tokens that it can't read.
    if (!answer || status >= 500) throw new ProviderFailure(`the captcha provider answered ${status}`)
    const codes = Array.isArray(answer['error-codes']) ? answer['error-codes'] : []
    if (codes.some((code) => ABOUT_SECRET.includes(String(code))))
      throw new Error('the captcha provider refuses CAPTCHA_SECRET')
    if (codes.includes(UNDECIDED)) throw new ProviderFailure('the captcha provider could not decide')
    const { success, hostname } = answer
    return { passed: success === true, hostname: typeof hostname === 'string' ? hostname.toLowerCase() : null }
  },
})

function parse(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null
    return typeof value?.['success'] === 'boolean' ? value : null
  } catch {
    return null
  }
}
