// The pages of signed-in people, in a part of their own: on-demand.ts loads it.
export { Account } from './Account.js'
export { ChangeEmail } from './ChangeEmail.js'
export { DataExport } from './DataExport.js'
