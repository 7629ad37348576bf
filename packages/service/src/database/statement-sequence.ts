// Runs the statements of one transaction in order, and refuses those that follow a failed one.

/**
 * After a deadlock the server has ended the transaction: a later statement would run outside of it, and stay. After a lock
 * wait timeout, COMMIT would keep the statements before it. A statement waits for the previous one, so that none is under
 * way when one fails.
 */
export function createStatementSequence() {
  let failure: { error: unknown } | null = null
  let last: Promise<unknown> = Promise.resolve()

  return {
    /** Rejects with the error of the statement that failed before, if there is one. */
    run<Result>(statement: () => Promise<Result>): Promise<Result> {
      const result = last.then(() => {
        if (failure) throw failure.error
        return statement()
      })
      last = result.catch((error: unknown) => {
        failure ??= { error }
      })
      return result
    },

    /** Resolves to what failed, after the statements that are under way; null if nothing did. */
    async failure(): Promise<{ error: unknown } | null> {
      await last
      return failure
    },
  }
}
