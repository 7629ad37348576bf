// What a deployment says about accounts, besides the rules of passwords and usernames.
import type { Policy } from './generated/schema.js'

/** Who can register, the terms, how long a deletion waits, and what else there is of an account. */
export type AccountPolicy = Pick<
  Policy,
  | 'registration'
  | 'accountDeletionGrace'
  | 'termsVersion'
  | 'termsUrl'
  | 'privacyUrl'
  | 'consentsEnabled'
  | 'notificationsEnabled'
>
