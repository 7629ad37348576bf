// Mails: what each event says to the owner of the account. @postern/delivery renders and sends them.
export { createCompose } from './compose.js'
export { createMailConsumer, MAIL_RESULTS } from './consumer.js'
export { createSignInPlaces } from './sign-in-places.js'
