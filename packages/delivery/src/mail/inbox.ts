// The inbox of development: keeps the mails instead of sending them.
import type { Clock } from '@postern/service/clock'
import type { KeptMail, KeptMails } from './kept-mails.js'
import type { Deliver } from './mails.js'

export interface Inbox {
  deliver: Deliver
  /** The newest first. */
  list(): Promise<KeptMail[]>
  find(id: string): Promise<KeptMail | null>
}

export function createInbox({ kept, from, clock }: { kept: KeptMails; from: string; clock: Clock }): Inbox {
  return {
    async deliver({ messageId, to, subject, text, html }) {
      const id = messageId.slice(0, messageId.lastIndexOf('@'))
      await kept.keep({ id, at: clock().toISOString(), from, messageId, to, subject, text, html })
      return null
    },
    list: () => kept.list(),
    find: (id) => kept.find(id),
  }
}
