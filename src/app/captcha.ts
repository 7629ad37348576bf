// Builds the captcha of register and login, if it is on.
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { createSiteverify } from '../repositories/captcha/siteverify.js'
import { CAPTCHA_RESULTS, type Captcha, createCaptcha } from '../services/captcha/index.js'
import type { Stores } from './stores.js'

/** No provider has given this token out. Its answer to it shows that it responds. */
const PROBE = 'probe'

export function createCaptchaOf(config: Config, { breakers }: Stores, metrics: Metrics): Captcha | null {
  const { CAPTCHA_URL: url, CAPTCHA_SECRET: secret } = config
  if (url === undefined || secret === undefined) return null
  const provider = createSiteverify(url, secret)
  return createCaptcha({
    provider,
    hostnames: config.CAPTCHA_HOSTNAMES,
    guard: breakers.provider('captcha', () => provider.verify(PROBE)).run,
    onChecked: metrics.results(
      'auth_captchas_total',
      'Captchas of registrations and logins, by result (failed: the provider did not answer).',
      CAPTCHA_RESULTS,
    ),
  })
}
