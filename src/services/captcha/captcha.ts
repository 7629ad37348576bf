// Decides whether the captcha of a request was solved.
import type { Guard } from '@postern/service/breakers'
import { ServiceError, type ErrorCode } from '@postern/service/errors'
import type { CaptchaProvider } from '../../repositories/captcha/siteverify.js'

/** `failed`: the provider gave no answer. */
export const CAPTCHA_RESULTS = ['passed', 'missing', 'refused', 'failed'] as const

export type CaptchaResult = (typeof CAPTCHA_RESULTS)[number]

export interface Captcha {
  /**
   * Throws CAPTCHA_REQUIRED without a token, CAPTCHA_INVALID for one that the provider refuses, and SERVICE_UNAVAILABLE if
   * the provider does not answer.
   */
  check(token: string | null | undefined): Promise<void>
}

interface Options {
  provider: CaptchaProvider
  /** The pages that may have shown the captcha. Empty: any. */
  hostnames: readonly string[]
  guard: Guard
  onChecked: (result: CaptchaResult) => void
}

/**
 * Those of Turnstile have at most 2,048 characters, those of hCaptcha a few thousand; all of them of these characters.
 * Whatever else was sent could make the provider's firewall refuse the request, which would look like an outage and keep
 * everyone out.
 */
const TOKEN = /^[\w.~+/=:-]{1,8192}$/

const refused = (code: ErrorCode): ServiceError => {
  const { message } = new ServiceError(code)
  return new ServiceError(code, { fields: [{ path: 'captchaToken', message, code }] })
}

export function createCaptcha({ provider, hostnames, guard, onChecked }: Options): Captcha {
  async function isSolved(token: string): Promise<boolean> {
    if (!TOKEN.test(token)) return false
    const { passed, hostname } = await guard(() => provider.verify(token))
    return passed && (hostnames.length === 0 || (hostname !== null && hostnames.includes(hostname)))
  }

  return {
    async check(token) {
      if (!token) {
        onChecked('missing')
        throw refused('CAPTCHA_REQUIRED')
      }
      const solved = await isSolved(token).catch((cause: unknown) => {
        onChecked('failed')
        if (cause instanceof ServiceError) throw cause
        throw new ServiceError('SERVICE_UNAVAILABLE', { cause, retryAfter: 1 })
      })
      onChecked(solved ? 'passed' : 'refused')
      if (!solved) throw refused('CAPTCHA_INVALID')
    },
  }
}
