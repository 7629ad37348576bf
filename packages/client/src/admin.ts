/**
 * What administrators do with accounts: find them, see them, disable them, end their sessions, and change their roles.
 *
 * @packageDocumentation
 */
import { field } from './answer.js'
import type { CallOptions, Client } from './client.js'
import { OAUTH_ACCOUNTS, SESSIONS, USER as OWN } from './documents.js'
import type { ManagedAccount, User, UserRole } from './generated/schema.js'

/** Of a user; only of others, `disabledAt` says something. */
const USER = `${OWN.slice(0, -1)} disabledAt}`
/** What a query without variables selects. */
const fieldsOf = (query: string): string => query.slice(1, -1)
const ACCOUNT =
  `{user${USER} status disabledAt deletionDueAt lockedUntil ${fieldsOf(SESSIONS)} ${fieldsOf(OAUTH_ACCOUNTS)}` +
  ' hasPassword mfa{isEnabled enabledAt recoveryCodesLeft isRequired}' +
  ' passkeys{id name provider isSynced createdAt lastUsedAt credentialId rpId}}'
const OF_USER = '($userId:ID!)'
const SEARCH = `query($text:String!,$first:Int){searchUsers(text:$text,first:$first)${USER}}`
const MANAGED = `query${OF_USER}{managedAccount(userId:$userId)${ACCOUNT}}`
const DISABLE = `mutation${OF_USER}{disableUser(userId:$userId)${ACCOUNT}}`
const ENABLE = `mutation${OF_USER}{enableUser(userId:$userId)${ACCOUNT}}`
const END_ONE = 'mutation($userId:ID!,$sessionId:ID!){revokeUserSession(userId:$userId,sessionId:$sessionId)}'
const END_ALL = `mutation${OF_USER}{revokeUserSessions(userId:$userId)}`
const SET_ROLE = `mutation($userId:ID!,$role:UserRole!){setUserRole(userId:$userId,role:$role)${USER}}`

const call = async <T>(
  client: Client,
  name: string,
  document: string,
  variables: object,
  options: CallOptions = {},
): Promise<T> => field(await client.request<Record<string, T>>(document, variables, options), name)

/**
 * Users whose email address or username starts with the text, or whose id it is. Exact matches come first.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { disableUser, searchUsers } from '@postern/client/admin'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 * const [found] = await searchUsers(client, 'mallory', { first: 1 })
 * if (found) console.log((await disableUser(client, found.id)).status)
 * ```
 */
export const searchUsers = (
  client: Client,
  text: string,
  { first, ...options }: CallOptions & { readonly first?: number | undefined } = {},
): Promise<User[]> => call(client, 'searchUsers', SEARCH, { text, first }, options)

/** An account, with its sessions and ways to sign in. Rejects with NOT_FOUND. */
export const managedAccount = (client: Client, userId: string, options?: CallOptions): Promise<ManagedAccount> =>
  call(client, 'managedAccount', MANAGED, { userId }, options)

/** Ends all sessions of a user everywhere, and lets them start none. Rejects with FORBIDDEN for oneself. */
export const disableUser = (client: Client, userId: string): Promise<ManagedAccount> =>
  call(client, 'disableUser', DISABLE, { userId })

/** Lets a disabled user sign in again, and cancels the deletion of the account. */
export const enableUser = (client: Client, userId: string): Promise<ManagedAccount> =>
  call(client, 'enableUser', ENABLE, { userId })

/** Ends one session of a user. Rejects with NOT_FOUND if it has ended. */
export const revokeUserSession = async (client: Client, userId: string, sessionId: string): Promise<void> => {
  await call(client, 'revokeUserSession', END_ONE, { userId, sessionId })
}

/** Ends all sessions of a user. Resolves to how many there were. */
export const revokeUserSessions = (client: Client, userId: string): Promise<number> =>
  call(client, 'revokeUserSessions', END_ALL, { userId })

/** Changes the role of a user, and ends their sessions. Rejects with FORBIDDEN for the last administrator. */
export const setUserRole = (client: Client, userId: string, role: UserRole): Promise<User> =>
  call(client, 'setUserRole', SET_ROLE, { userId, role })

export type { AccountStatus, ManagedAccount } from './generated/schema.js'
