// Counts the ways to sign in to an account, so that no one removes the last one.
import { ServiceError } from '@postern/service/errors'
import type { Statements } from '@postern/service/database/statements'

/** How many ways of one kind a user has: a password, passkeys, linked providers. */
export type CountWays = (tx: Statements, userId: string) => Promise<number>

export type WaysIn = ReturnType<typeof createWaysIn>

/** `kinds`: one function for each kind. */
export function createWaysIn(kinds: readonly CountWays[]) {
  async function count(tx: Statements, userId: string): Promise<number> {
    let sum = 0
    for (const kind of kinds) sum += await kind(tx, userId)
    return sum
  }

  return {
    count,

    /**
     * Call it in the transaction that has removed a way, and that has locked the user's row before: of two removals at once,
     * the second then sees the first. Throws FORBIDDEN if none is left, which rolls the removal back.
     */
    async requireOne(tx: Statements, userId: string): Promise<void> {
      if ((await count(tx, userId)) > 0) return
      const message = 'This is the only way to sign in to your account. Add another one first.'
      throw new ServiceError('FORBIDDEN', { message })
    },
  }
}
