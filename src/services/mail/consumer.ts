// The consumer that sends the mails of events.
import type { Mail, MailKind } from '@postern/delivery/mail/mails'
import type { Post } from '@postern/delivery/mail/post'
import { DeadLetter } from '@postern/service/events/consumers'
import type { AnyEvent, Consumer } from '../events/index.js'
import { type Compose, type Dropped, isMailEvent, kindOf, MAIL_EVENTS, needsMail } from './compose.js'
import type { SignInPlaces } from './sign-in-places.js'

/** `failed`: the server could not be used or wants to be asked later. `refused`: it never will send it. */
export const MAIL_RESULTS = ['sent', 'dropped', 'failed', 'refused'] as const
export type MailResult = (typeof MAIL_RESULTS)[number]

interface Options {
  compose: Compose
  places: Pick<SignInPlaces, 'remember'>
  post: Post
  /** Sends unless it was done before for this name and id. Returns whether it was sent now. */
  once: (name: string, id: string, send: () => Promise<void>) => Promise<boolean>
  onResult: (result: MailResult, kind: MailKind) => void
  onDropped: (event: AnyEvent, reason: Dropped | 'repeated') => void
}

export function createMailConsumer({ compose, places, post, once, onResult, onDropped }: Options): Consumer {
  async function sendOne(event: AnyEvent, mail: Mail): Promise<void> {
    const refusal = await post(mail, `${event.id}.${mail.part}`).catch((error: unknown) => {
      onResult('failed', mail.kind)
      throw error
    })
    onResult(refusal ? 'refused' : 'sent', mail.kind)
    if (refusal) throw new DeadLetter(refusal.refused)
  }

  /** An attacker can lock an account many times a day. Its owner gets one mail. */
  const oncePerDay = (event: AnyEvent, mail: Mail) =>
    once(`${mail.kind}.${event.at.toISOString().slice(0, 10)}`, event.userId, () => sendOne(event, mail))

  /** One address may be refused, or be tried again for hours: the other one gets its mail, and gets it once. */
  async function sendAll(event: AnyEvent, mails: readonly Mail[]): Promise<void> {
    const sent = await Promise.allSettled(mails.map((mail) => once(mail.part, event.id, () => sendOne(event, mail))))
    const errors = sent.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []))
    const first = errors.find((error) => !(error instanceof DeadLetter)) ?? errors[0]
    if (first) throw first
  }

  return {
    name: 'mail',
    types: MAIL_EVENTS,
    select: (events) => events.filter((event) => isMailEvent(event) && needsMail(event)),
    async send(event) {
      if (!isMailEvent(event)) return
      const drop = (reason: Dropped | 'repeated') => {
        onResult('dropped', kindOf(event))
        onDropped(event, reason)
      }
      const mails = await compose(event)
      if (typeof mails === 'string') return drop(mails)
      const [only] = mails
      if (!only || mails.length > 1) return sendAll(event, mails)
      if (only.kind !== 'account-locked') {
        await sendOne(event, only)
        // If that fails, another sign-in from there causes another mail. A failure here would send this one again.
        if (event.type === 'user.logged_in')
          await places.remember(event.userId, event.data.sessionId).catch(() => undefined)
        return
      }
      if (!(await oncePerDay(event, only))) drop('repeated')
    },
  }
}
