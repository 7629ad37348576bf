// Checks the services of others that are configured: captchas, breached passwords and the collector of traces.
import { ProviderFailure, requestProvider } from '../../clients/provider-requests.js'
import type { Config } from '../../config/index.js'
import { createSiteverify } from '../../repositories/captcha/siteverify.js'
import { openBreachedFile } from '../../repositories/passwords/breached-file.js'
import { createBreachedRange } from '../../repositories/passwords/breached-range.js'
import { type Finding, ok, problem, warning } from './finding.js'

/** No provider has given this token out. Its answer to it shows that it responds, and changes nothing. */
const PROBE = 'probe'

/** The SHA-1 of `password`, which is in every list of breached passwords. */
const MOST_BREACHED = '5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8'

const BOUNDS = { timeoutMs: 3000, maxBytes: 64 * 1024 }

export async function checkProviders(config: Config): Promise<Finding[]> {
  const checks = [checkCaptcha(config), checkBreachedPasswords(config), checkCollector(config)]
  return (await Promise.all(checks)).filter((finding) => finding !== null)
}

async function checkCaptcha({ CAPTCHA_URL: url, CAPTCHA_SECRET: secret }: Config): Promise<Finding | null> {
  if (url === undefined || secret === undefined) return null
  try {
    await createSiteverify(url, secret).verify(PROBE)
    return ok('Captcha', 'The provider responds and accepts CAPTCHA_SECRET.')
  } catch (error) {
    const text = `${(error as Error).message}; no one can register or sign in`
    return error instanceof ProviderFailure
      ? warning('Captcha', text, 'Check CAPTCHA_URL and the way to it.')
      : problem(
          'Captcha',
          text,
          "Set CAPTCHA_SECRET to the secret that belongs to the site key, in the provider's dashboard.",
        )
  }
}

async function checkBreachedPasswords(config: Config): Promise<Finding | null> {
  const { BREACHED_PASSWORDS_FILE: path, BREACHED_PASSWORDS_URL: url } = config
  if (path !== undefined) return checkBreachedFile(path)
  if (url === undefined) return null
  try {
    return describeCount('BREACHED_PASSWORDS_URL', await createBreachedRange(url).count(MOST_BREACHED))
  } catch (error) {
    const text = `${(error as Error).message}; new passwords are accepted without it`
    return warning('Breached passwords', text, 'Check BREACHED_PASSWORDS_URL and the way to it.')
  }
}

async function checkBreachedFile(path: string): Promise<Finding> {
  try {
    const file = await openBreachedFile(path)
    return describeCount('BREACHED_PASSWORDS_FILE', await file.count(MOST_BREACHED).finally(() => file.close()))
  } catch (error) {
    const text = `BREACHED_PASSWORDS_FILE ${(error as Error).message}`
    return problem('Breached passwords', text, 'docs/passwords.md says how to get the file.')
  }
}

const describeCount = (name: string, count: number): Finding =>
  count > 0
    ? ok('Breached passwords', name)
    : warning('Breached passwords', `${name} does not know the password "password".`, 'Is the list complete?')

/** Sends an export without spans, which every collector accepts and none keeps. */
async function checkCollector(config: Config): Promise<Finding | null> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = {} } = config
  if (endpoint === undefined) return null
  const isJson = config.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json'
  const type = isJson ? 'application/json' : 'application/x-protobuf'
  const body = isJson ? '{"resourceSpans":[]}' : new Uint8Array()
  const failed = (text: string, advice: string) => warning('Traces', `${text}; traces are lost`, advice)
  try {
    const url = new URL(`${endpoint.replace(/\/$/, '')}/v1/traces`)
    const request = { method: 'POST', headers: { ...headers, 'content-type': type }, body, ...BOUNDS }
    const { status } = await requestProvider(url, request)
    if (status >= 200 && status < 300) return ok('Traces', 'The collector accepts them.')
    const answer = `the collector of OTEL_EXPORTER_OTLP_ENDPOINT answered ${status}`
    return status === 401 || status === 403
      ? failed(answer, 'Check OTEL_EXPORTER_OTLP_HEADERS.')
      : failed(answer, 'Check OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_PROTOCOL.')
  } catch {
    const advice = 'Check OTEL_EXPORTER_OTLP_ENDPOINT and the way to it. The service works without it.'
    return failed('the collector of OTEL_EXPORTER_OTLP_ENDPOINT does not respond', advice)
  }
}
