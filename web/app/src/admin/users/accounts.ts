// The operations on users and their accounts, with the client of the pages.
import type { User, UsernameRecord, UserRole } from '@postern/client'
import * as admin from '@postern/client/admin'
import { client } from '../../service.js'

export type { ManagedAccount } from '@postern/client/admin'

/** As many as a search shows. */
export const MOST_FOUND = 20

const HISTORY = 'query($userId:ID!){usernameHistory(userId:$userId){username claimedAt releasedAt heldUntil}}'

/** Finds users by the beginning of their address or username, or by their id. Exact matches come first. */
export const searchUsers = (text: string, first: number, signal?: AbortSignal): Promise<User[]> =>
  admin.searchUsers(client, text, { first, signal })

export const managedAccount = (userId: string) => admin.managedAccount(client, userId)
export const disableUser = (userId: string) => admin.disableUser(client, userId)
export const enableUser = (userId: string) => admin.enableUser(client, userId)
export const setUserRole = (userId: string, role: UserRole) => admin.setUserRole(client, userId, role)
export const revokeUserSession = (userId: string, sessionId: string) =>
  admin.revokeUserSession(client, userId, sessionId)
export const revokeUserSessions = (userId: string) => admin.revokeUserSessions(client, userId)

export const usernameHistory = async (userId: string): Promise<readonly UsernameRecord[]> =>
  (await client.request<{ usernameHistory: UsernameRecord[] }>(HISTORY, { userId })).usernameHistory

/** What the console calls a user in sentences. */
export const nameOf = ({ username, email }: Pick<User, 'username' | 'email'>): string => username ?? email
