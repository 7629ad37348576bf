// The mails of the account service, whose templates are in @postern/delivery.
import { createHash } from 'node:crypto'
import { MAIL_KINDS, type MailKind, type MailValues } from '@postern/delivery/mail/mails'
import type { Templates } from '@postern/delivery/mail/templates'
import { TemplateProblem } from '@postern/delivery/templates/problem'
import { invalidField } from '@postern/service/errors'
import type { MailTemplates } from '../notifications/composition.js'

/** How much of the hash of its text a template's version is. */
const VERSION_LENGTH = 12

const isKind = (name: string): name is MailKind => MAIL_KINDS.some((kind) => kind === name)

export const createMailTemplates = (templates: Templates): MailTemplates => ({
  has: isKind,

  render(name, values) {
    if (!isKind(name)) throw invalidField('template', `There is no template ${name}.`)
    try {
      const { subject, text, html } = templates.render({
        kind: name,
        values: values as unknown as MailValues[MailKind],
      })
      return { version: versionOf(templates, name), content: { title: subject, body: text, html, short: null } }
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error
      throw invalidField('values', `The template ${name} lacks a value.`)
    }
  },
})

/** Changes with what the template says of the same values. */
const versionOf = (templates: Templates, kind: MailKind): string =>
  createHash('sha256')
    .update(JSON.stringify(templates.sample(kind)))
    .digest('hex')
    .slice(0, VERSION_LENGTH)
