// Mails: what each event says to the owner of the account, rendered from templates and sent once.
export { createCompose, type MailFacts } from './compose.js'
export { createMailConsumer, MAIL_RESULTS, type MailResult } from './consumer.js'
export { createInbox, type Inbox } from './inbox.js'
export { type Deliver, MAIL_KINDS, type MailKind } from './mails.js'
export { createTemplates, TemplateProblem } from './templates.js'
