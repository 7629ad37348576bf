// Mixed load: at a fixed rate, or as fast as a number of users get answers.
import { setTimeout as pause } from 'node:timers/promises'
import type { Account } from './account.ts'
import type { Operations } from './operations.ts'

const TICK_MS = 5

export function createLoad(operations: Pick<Operations, 'alone' | 'ofAccount'>, accounts: readonly Account[]) {
  const busy = new Set<Account>()
  const weights = [...operations.alone, ...operations.ofAccount].map(([weight]) => weight)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let pending = 0
  let done = 0
  let isPaused = false

  /** One operation, chosen at random. */
  async function one(): Promise<void> {
    pending += 1
    try {
      let rest = Math.random() * total
      for (const [weight, run] of operations.alone) if ((rest -= weight) < 0) return await run()
      for (const [weight, run] of operations.ofAccount) if ((rest -= weight) < 0) return await withAccount(run)
    } finally {
      pending -= 1
      done += 1
    }
  }

  async function withAccount(run: (account: Account) => Promise<void>): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt++) {
      const account = accounts[Math.floor(Math.random() * accounts.length)]
      if (!account || busy.has(account)) continue
      busy.add(account)
      return run(account).finally(() => busy.delete(account))
    }
  }

  async function idle(): Promise<void> {
    while (pending > 0) await pause(TICK_MS)
  }

  return {
    /** The operations per second that so many users reach together, each waiting for its answers. */
    async saturate(users: number, milliseconds: number): Promise<number> {
      const [begun, before] = [performance.now(), done]
      const end = begun + milliseconds
      const user = async () => {
        while (performance.now() < end) await one()
      }
      await Promise.all(Array.from({ length: users }, user))
      return ((done - before) * 1000) / (performance.now() - begun)
    },

    /** Starts operations at this rate, whatever the answers, until `over` is true and all answers are there. */
    async steady(perSecond: number, over: () => boolean): Promise<void> {
      let owed = 0
      let last = performance.now()
      while (!over()) {
        const now = performance.now()
        if (!isPaused) owed += ((now - last) * perSecond) / 1000
        last = now
        for (; owed >= 1; owed--) void one()
        await pause(TICK_MS)
      }
      await idle()
    },

    /** Does something while no request is on its way. */
    async during<T>(work: () => Promise<T>): Promise<T> {
      isPaused = true
      await idle()
      return work().finally(() => (isPaused = false))
    },
  }
}
