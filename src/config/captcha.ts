// The variables of captchas: the provider, and what the pages load from it.
import { z } from 'zod'
import { list, type Variables } from '@postern/service/values'

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]'])

/** A URL of a provider. Plain HTTP could be read on its way, except on this machine. */
export const providerUrl = z.string().refine((value) => {
  const url = URL.parse(value)
  if (url === null || url.hash || url.username || url.password) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL.has(url.hostname))
}, 'must be a URL that starts with https://, without credentials')

/** Sources of a content security policy. */
const origins = list.refine(
  (items) => items.every((item) => /^https:\/\/(?:\*\.)?[a-z0-9.-]+(?::\d+)?$/.test(item)),
  'must be comma-separated origins, such as https://hcaptcha.com,https://*.hcaptcha.com',
)

export const captchaVariables = z.object({
  CAPTCHA_URL: providerUrl.optional(),
  CAPTCHA_SECRET: z.string().optional(),
  CAPTCHA_HOSTNAMES: list.transform((items) => items.map((item) => item.toLowerCase())),
  CAPTCHA_SITE_KEY: z.string().optional(),
  CAPTCHA_SCRIPT_URL: providerUrl.optional(),
  CAPTCHA_ORIGINS: origins,
})

/** Finds variables that are valid alone but not together. */
export function captchaProblems(env: Variables): string[] {
  const has = (name: string) => env[name] !== undefined
  const others = Object.keys(captchaVariables.shape).filter((name) => name !== 'CAPTCHA_URL' && has(name))
  if (!has('CAPTCHA_URL')) return others.map((name) => `${name} has no effect without CAPTCHA_URL`)
  const problems = []
  if (!has('CAPTCHA_SECRET')) problems.push('CAPTCHA_SECRET is required with CAPTCHA_URL')
  const shown = has('CAPTCHA_SITE_KEY') && has('CAPTCHA_SCRIPT_URL')
  if (!shown && env['WEB'] !== 'false')
    problems.push('CAPTCHA_SITE_KEY and CAPTCHA_SCRIPT_URL are required for the pages; or set WEB=false')
  return problems
}
