// The channel e-mail: to the address that the account service gave, or to the verified one of the account.
import type { Deliver } from '@postern/delivery/mail/mails'
import type { Templates } from '@postern/delivery/mail/templates'
import { type Channel, type ChannelMessage, type Outcome, TryAgain } from '../channel.js'

/** What the account service says about an account. */
interface Contact {
  email: string
  emailVerified: boolean
  disabled: boolean
}

interface Options {
  deliver: Deliver
  /** Null if there is no such account. Rejects if the account service can't be asked. */
  contactOf: (userId: string, signal: AbortSignal) => Promise<Contact | null>
  /** Make the e-mail of a message whose template has no HTML, and give others a link to unsubscribe. */
  texts: Pick<Templates, 'renderNotice' | 'withUnsubscribeLink'>
  messageIdOf: (key: string) => string
  /** The address of the app, without a slash at its end. */
  appUrl: string
}

export function createEmailChannel({ deliver, contactOf, texts, messageIdOf, appUrl }: Options): Channel {
  /** Null: the account can't get mail. */
  async function addressOf({ address, userId }: ChannelMessage, signal: AbortSignal): Promise<string | null> {
    if (address !== null) return address
    const contact = userId === null ? null : await contactOf(userId, signal)
    return contact?.emailVerified && !contact.disabled ? contact.email : null
  }

  function contentOf({ content, link, unsubscribeUrl }: ChannelMessage) {
    const { title: subject, body, html } = content
    if (html !== null) {
      const mail = { subject, text: body, html }
      return unsubscribeUrl === null ? mail : texts.withUnsubscribeLink(mail, unsubscribeUrl)
    }
    return texts.renderNotice({
      subject,
      body,
      link: link?.startsWith('/') ? `${appUrl}${link}` : link,
      unsubscribeUrl,
    })
  }

  return {
    name: 'EMAIL',
    targets: () => Promise.resolve([null]),

    async deliver(message, signal): Promise<Outcome> {
      const to = await addressOf(message, signal)
      if (to === null) return { kind: 'unreachable' }
      const messageId = messageIdOf(keyOf(message))
      const mail = { ...contentOf(message), to, messageId, unsubscribeUrl: message.unsubscribeUrl ?? undefined }
      const refusal = await deliver(mail, signal).catch((error: unknown) => {
        throw new TryAgain((error as Error).message, { cause: error })
      })
      return refusal ? { kind: 'refused', reason: refusal.refused } : { kind: 'delivered', providerId: messageId }
    },
  }
}

/** The id of an event and which of its mails it is. */
const MAIL_KEY = /^[\da-f-]{36}(?:\.[a-z-]{1,40}){1,2}$/

/** The same in every attempt, and for a mail of the account service the same as if it had sent the mail itself. */
const keyOf = ({ mailKey, deliveryId }: ChannelMessage): string =>
  mailKey !== null && MAIL_KEY.test(mailKey) ? mailKey : `${deliveryId}.notification`
