// Consents: what users agree to, through the consent service.
export { type ConsentServices, createConsents } from './consents.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { Consent } from '../../repositories/consents/consents.js'
