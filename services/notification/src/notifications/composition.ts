// Makes the text of a notification: from a template, from a mail of the account service, or as its sender wrote it.
import { invalidField } from '@postern/service/errors'
import { shortenTo } from '../channels/fitting.js'
import type { Content } from '../channels/channel.js'
import type { Templates } from '../templates/templates.js'
import type { NewNotificationInput } from './inputs.js'

/** Texts that only e-mails have, with templates of their own. */
export interface MailTemplates {
  has: (name: string) => boolean
  /** Throws INVALID_INPUT if a value is missing. */
  render: (name: string, values: Readonly<Record<string, unknown>>) => { version: string; content: Content }
}

export interface Composed {
  /** Null without a template. */
  version: string | null
  locale: string
  content: Content
  /** What the app shows. */
  inApp: { title: string; body: string }
}

interface Wanted {
  locale: string
  /** Whether the app shows it. Then its text must do without secret values. */
  isInApp: boolean
}

export type Compose = (input: NewNotificationInput, wanted: Wanted) => Composed

const MAIL_LOCALE = 'en'

const NOT_IN_APP = { title: '', body: '' }

/** What the columns of the list take: values can make a template as long as they like. */
const fitting = ({ title, body }: Composed['inApp']): Composed['inApp'] => ({
  title: shortenTo(title, 255),
  body: shortenTo(body, 16_000),
})

/** Throws INVALID_INPUT. `mails`: null if there are none. */
export const createCompose =
  ({ templates, mails }: { templates: Templates; mails: MailTemplates | null }): Compose =>
  ({ template, values, secretValues, title = '', body = '', recipient }, { locale, isInApp }) => {
    if (template === undefined)
      return { version: null, locale, content: { title, body, html: null, short: null }, inApp: { title, body } }
    if (mails?.has(template)) {
      if (!recipient) throw invalidField('template', `The template ${template} is only for mails to a recipient.`)
      const { version, content } = mails.render(template, { ...values, ...secretValues })
      return { version, locale: MAIL_LOCALE, content, inApp: NOT_IN_APP }
    }
    const rendered = templates.render({ name: template, values, secretValues, locale, isInApp })
    return { ...rendered, inApp: rendered.inApp ? fitting(rendered.inApp) : NOT_IN_APP }
  }
