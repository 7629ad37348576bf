/**
 * The data of the signed-in user: take it along, keep an account that is being deleted, and accept terms.
 *
 * @packageDocumentation
 */
import type { AccountPolicy } from './account-policy.js'
import { field } from './answer.js'
import type { Client } from './client.js'
import type { DataExport } from './generated/schema.js'

const POLICY =
  '{policy{registration accountDeletionGrace termsVersion termsUrl privacyUrl consentsEnabled notificationsEnabled}}'
const EXPORT = 'mutation{exportMyData{createdAt json}}'
const REQUEST = 'mutation{requestDataExport}'
const DOWNLOAD = 'mutation($token:String!){downloadDataExport(token:$token){createdAt json}}'
const CANCEL = 'mutation($token:String!){cancelAccountDeletion(token:$token)}'
const ACCEPT = 'mutation($version:String!){acceptTerms(version:$version){id}}'

const call = async <T>(client: Client, name: string, document: string, variables?: object): Promise<T> =>
  field(await client.request<Record<string, T>>(document, variables), name)

/**
 * Everything that the service knows about the signed-in user, as one JSON document. Rejects with REAUTHENTICATION_REQUIRED if
 * they have not proved who they are for ten minutes.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { exportData } from '@postern/client/data'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 * const { json } = await exportData(client)
 * console.log(JSON.parse(json))
 * ```
 */
export const exportData = (client: Client): Promise<DataExport> => call(client, 'exportMyData', EXPORT)

/** Sends a link to that document to the address of the user. It works for an hour. Rejects as `exportData`. */
export const requestDataExport = async (client: Client): Promise<void> => {
  await call(client, 'requestDataExport', REQUEST)
}

/** The document, by the token of that link. Rejects with INVALID_CODE if it has expired or was sent to another user. */
export const downloadDataExport = (client: Client, token: string): Promise<DataExport> =>
  call(client, 'downloadDataExport', DOWNLOAD, { token })

/** Keeps an account that is being deleted, by the token of the mail about it. Works signed in or not, and does not sign in. */
export const cancelAccountDeletion = async (client: Client, token: string): Promise<void> => {
  await call(client, 'cancelAccountDeletion', CANCEL, { token })
}

/** Accepts this version of the terms: the `termsVersion` of the policy. Resolves once `profile` shows it. */
export const acceptTerms = async (client: Client, version: string): Promise<void> => {
  await call(client, 'acceptTerms', ACCEPT, { version })
  await client.profile()
}

/** Who can register, which terms there are, how long a deletion waits, and whether there are consents and notifications. */
export const accountPolicy = (client: Client): Promise<AccountPolicy> => call(client, 'policy', POLICY)

export type { AccountPolicy } from './account-policy.js'
export type { DataExport, RegistrationMode } from './generated/schema.js'
