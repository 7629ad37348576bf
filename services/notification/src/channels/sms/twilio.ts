// Sends SMS by an HTTP API of the form of Twilio's, which other providers have too.
import type { OutboundRequests } from '@postern/delivery/outbound/requests'
import { codeOf, parseAnswer, refusalOf } from '../attempts.js'
import type { Outcome } from '../channel.js'

export interface SmsAccount {
  /** The base URL of the API, such as https://api.twilio.com. */
  url: string
  /** The id of the account, and its token: the user name and the password of Basic authentication. */
  account: string
  token: string
  /** A number, a name of up to eleven characters, or the id of a messaging service. */
  from: string
  /** Where the provider reports what became of each SMS. */
  statusUrl: string | undefined
}

/** One SMS. Throws TryAgain and OutboundFailure. */
export type SendSms = (sms: {
  to: string
  text: string
  /** After so many seconds, it is not worth sending. */
  validSeconds: number | null
  signal: AbortSignal
}) => Promise<Outcome>

/** The number is none, can't receive SMS, or its owner has answered STOP. */
const FORGET = new Set([21211, 21214, 21217, 21610, 21614, 21635])

/** The longest time that the provider takes. */
const MAX_VALID_SECONDS = 36_000

const MESSAGING_SERVICE = /^MG[0-9a-f]{32}$/i

interface Answered {
  sid?: unknown
  code?: unknown
}

export function createSendSms(
  { url, account, token, from, statusUrl }: SmsAccount,
  send: OutboundRequests['send'],
): { send: SendSms; probe: () => Promise<unknown> } {
  const base = `${url.replace(/\/$/, '')}/2010-04-01/Accounts/${encodeURIComponent(account)}`
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`
  const sender = MESSAGING_SERVICE.test(from) ? { MessagingServiceSid: from } : { From: from }

  return {
    async send({ to, text, validSeconds, signal }) {
      const form = new URLSearchParams({ To: to, ...sender, Body: text })
      if (statusUrl !== undefined) form.set('StatusCallback', statusUrl)
      if (validSeconds !== null)
        form.set('ValidityPeriod', String(Math.max(1, Math.min(MAX_VALID_SECONDS, Math.round(validSeconds)))))
      const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
      const ask = { method: 'POST' as const, headers, body: form.toString(), signal }
      const answer = await send(`${base}/Messages.json`, ask)
      const { sid, code } = (parseAnswer(answer.body) ?? {}) as Answered
      if (answer.status >= 200 && answer.status < 300) {
        const providerId = codeOf(sid)
        return { kind: 'delivered', ...(providerId !== undefined && { providerId }) }
      }
      const error = typeof code === 'number' && Number.isInteger(code) ? code : undefined
      if (error !== undefined && FORGET.has(error))
        return { kind: 'refused', reason: `The number gets no SMS (${error}).`, forgetTarget: true, address: to }
      return refusalOf('The SMS provider', answer, error?.toString())
    },

    /** Whether the provider responds. */
    probe: () => send(`${base}.json`, { method: 'GET', headers: { authorization } }),
  }
}
