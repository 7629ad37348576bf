// Sends a mail from its kind and values: renders it, and names it, so that mail programs show a repeated one once.
import { domainToASCII } from 'node:url'
import type { Deliver, Mail } from './mails.js'
import type { Rendered } from './templates.js'

/**
 * `key` is the same each time the mail is sent. Resolves with null when it is on its way, with a reason if it never will be.
 * Rejects if another try can succeed. Reasons and errors have no personal data.
 */
export type Post = (mail: Mail, key: string) => Promise<{ refused: string } | null>

export type Render = (mail: Pick<Mail, 'kind' | 'values'>) => Promise<Rendered>

/** `from`: the sender's address, whose domain is that of the message ids. */
export function createPost({ render, deliver, from }: { render: Render; deliver: Deliver; from: string }): Post {
  const messageIdOf = createMessageIds(from)
  return async (mail, key) => deliver({ ...(await render(mail)), to: mail.to, messageId: messageIdOf(key) })
}

/** Returns the id of a message, without angle brackets. */
export function createMessageIds(from: string): (key: string) => string {
  const domain = from.slice(from.lastIndexOf('@') + 1)
  const ascii = domainToASCII(domain) || domain
  return (key) => `${key}@${ascii}`
}
