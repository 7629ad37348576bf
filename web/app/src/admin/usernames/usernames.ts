// The operations on usernames.
import { client } from '../../service.js'
import type { Connection } from '../list/use-pages.js'

export interface UsernameStatistics {
  readonly since: string
  readonly checks: number
  readonly tiers: readonly { readonly tier: string; readonly share: number }[]
  readonly owned: number
  readonly held: number
  readonly mostRefused: readonly { readonly username: string; readonly times: number }[]
}

const PAGE = 50

const STATISTICS = '{usernameStats{since checks tiers{tier share}owned held mostRefused{username times}}}'
const PROTECTED = 'query($first:Int!,$after:String){protectedUsernames(first:$first,after:$after)}'
const PROTECT = 'mutation($username:String!){protectUsername(username:$username)}'
const UNPROTECT = 'mutation($username:String!){unprotectUsername(username:$username)}'

export const usernameStatistics = async (): Promise<UsernameStatistics> =>
  (await client.request<{ usernameStats: UsernameStatistics }>(STATISTICS)).usernameStats

/** In alphabetical order. The cursor is the last name. */
export async function protectedUsernames(after: string | null): Promise<Connection<string>> {
  const data = await client.request<{ protectedUsernames: string[] }>(PROTECTED, { first: PAGE, after })
  const names = data.protectedUsernames
  return {
    edges: names.map((node) => ({ node })),
    pageInfo: { hasNextPage: names.length === PAGE, endCursor: names.at(-1) ?? null },
  }
}

export const protectUsername = (username: string) => client.request(PROTECT, { username })
export const unprotectUsername = (username: string) => client.request(UNPROTECT, { username })
