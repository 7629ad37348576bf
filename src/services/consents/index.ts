// Consents: what users agree to, through the consent service.
export type * from './consent.js'
export { type ConsentServices, createConsents } from './consents.js'
