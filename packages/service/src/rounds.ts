// Does work for users in rounds, one after the other. A user who is added during a round is in the next one.

/** How many users a round has: enough for few statements, and few enough for short ones. */
const USERS_PER_ROUND = 128

/** After a round that failed. */
const PAUSE_MS = 1000

/** A round that fails is repeated, until `forget` drops its users. */
export function createRounds(round: (userIds: readonly string[]) => Promise<void>) {
  /** With those who wait for the end of the user's round. */
  const due = new Map<string, PromiseWithResolvers<void>[]>()
  let running: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  let isClosed = false

  function take(): [userId: string, waiting: PromiseWithResolvers<void>[]][] {
    const taken = [...due].slice(0, USERS_PER_ROUND)
    for (const [userId] of taken) due.delete(userId)
    return taken
  }

  async function runAll(): Promise<void> {
    while (due.size > 0 && !isClosed) {
      const taken = take()
      try {
        await round(taken.map(([userId]) => userId))
        for (const [, waiting] of taken) for (const one of waiting) one.resolve()
      } catch (error) {
        for (const [userId, waiting] of taken) {
          for (const one of waiting) one.reject(error)
          if (!due.has(userId)) due.set(userId, [])
        }
        timer ??= setTimeout(() => {
          timer = null
          start()
        }, PAUSE_MS).unref()
        return
      }
    }
  }

  function start(): void {
    if (timer || isClosed) return
    running ??= runAll().finally(() => {
      running = null
      if (due.size > 0) start()
    })
  }

  return {
    /** Puts users into a round that has not started yet. */
    add(userIds: Iterable<string>): void {
      for (const userId of userIds) if (!due.has(userId)) due.set(userId, [])
      start()
    },

    /** The same for one user. Resolves after the round, and rejects if it fails, even if a later one succeeds. */
    async run(userId: string): Promise<void> {
      const waiting: PromiseWithResolvers<void> = Promise.withResolvers()
      due.set(userId, [...(due.get(userId) ?? []), waiting])
      // A caller waits, so there is no pause.
      if (timer) clearTimeout(timer)
      timer = null
      start()
      return waiting.promise
    },

    forget(userId: string): void {
      if (due.get(userId)?.length === 0) due.delete(userId)
    },

    async close(): Promise<void> {
      isClosed = true
      if (timer) clearTimeout(timer)
      await running
    },
  }
}
