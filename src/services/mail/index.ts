// Mails: what each event says to the owner of the account, rendered from templates and sent once.
export { createCompose } from './compose.js'
export { createMailConsumer, MAIL_RESULTS } from './consumer.js'
export { createInbox, type Inbox } from './inbox.js'
export { type Deliver, MAIL_KINDS } from './mails.js'
export { createSignInPlaces } from './sign-in-places.js'
export { createTemplates, TemplateProblem } from './templates.js'
