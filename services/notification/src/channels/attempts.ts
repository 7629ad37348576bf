// What an attempt at a provider has come to, where all channels agree.
import { OutboundFailure } from '@postern/delivery/outbound/requests'
import { retryAfterOf } from '@postern/delivery/outbound/retry-after'
import { ServiceError } from '@postern/service/errors'
import { type Outcome, TryAgain } from './channel.js'

/** A response of a provider, as far as it decides about the next attempt. */
export interface Answer {
  status: number
  /** The header Retry-After. */
  retryAfter: string | undefined
}

/** Statuses after which the same request can succeed. 401 and 403 are about our credentials, which an operator can correct. */
const PASSING = new Set([401, 403, 408, 425, 429])

/** What a status means that the channel does not know better. Throws TryAgain. `provider` as in "The push service". */
export function refusalOf(provider: string, { status, retryAfter }: Answer, code?: string): Outcome {
  const reason = `${provider} answered ${status}${code === undefined ? '' : ` (${code})`}.`
  if (status < 500 && !PASSING.has(status)) return { kind: 'refused', reason }
  throw new TryAgain(reason, { retryAfter: retryAfterOf(retryAfter, new Date()) })
}

/** Runs an attempt. What prevents a response becomes TryAgain, and an address that must not be called a refusal. */
export async function attempt(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    // Of the circuit breaker: nothing was sent.
    if (error instanceof ServiceError) throw new TryAgain('The provider does not respond.', { cause: error })
    if (!(error instanceof OutboundFailure)) throw error
    if (error.problem === 'FORBIDDEN') return { kind: 'refused', reason: error.message }
    throw new TryAgain(error.message, { cause: error })
  }
}

/** A code that a provider has sent: only if it looks like one, because it is stored and shown. */
export const codeOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\w{1,64}$/.test(value) ? value : undefined

/** The JSON of a response. Null if it is none. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
