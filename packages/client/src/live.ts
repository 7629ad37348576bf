/**
 * What happens to the account of the signed-in user, as it happens.
 *
 * @packageDocumentation
 */
import type { Client } from './client.js'
import { ACCOUNT_ACTIVITY } from './documents.js'
import type { AuditEntry } from './generated/schema.js'
import { subscribe } from './subscription.js'

/** Something that happened to the account. */
export type Activity = Omit<AuditEntry, 'accountId' | 'requestId' | 'detailsErased' | 'position'>

/** Options of {@link follow}. */
export interface FollowOptions {
  /** Called with each new entry of the account's activity. */
  readonly onActivity?: ((activity: Activity) => void) | undefined
  /** Called when events arrive from now on, at first and again after each interruption: load what may have been missed. */
  readonly onOpen?: (() => void) | undefined
}

/**
 * Follows the account as long as the session lasts, over one connection that is opened again when it breaks. While it is open,
 * `client.onSignOut` is called at once when the session is ended elsewhere. If the service offers no subscriptions, nothing
 * happens. Returns a function that stops. Call it again after the next sign-in.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { follow } from '@postern/client/live'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 * client.onSignOut((reason) => console.log(`You were signed out: ${reason}`))
 * const stop = follow(client, { onActivity: ({ action, at }) => console.log(action, at) })
 * ```
 */
export const follow = (client: Client, { onActivity, onOpen }: FollowOptions = {}): (() => void) =>
  subscribe(client, {
    document: ACCOUNT_ACTIVITY,
    onData({ accountActivity }) {
      if (accountActivity) onActivity?.(accountActivity as Activity)
    },
    onOpen,
  })
