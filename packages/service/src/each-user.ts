// What a job does for many users: one for whom it fails does not keep it from the others.

/** Users of one read. Each is a transaction. */
const BATCH = 100

/** Steps of a user in one run, for work of any size: others get their turn. */
export const STEPS_PER_RUN = 50

/** Users behind `after`, in the order of their ids. */
export type FindUsers = (after: string, limit: number) => Promise<readonly string[]>

/**
 * Returns the sum of what `work` returns. Rejects at the end with its first failure, and at once if `find` fails. Begins with no other
 * user once `stopping` is aborted.
 */
export async function forEachUser(
  find: FindUsers,
  work: (userId: string) => Promise<number>,
  stopping?: AbortSignal,
): Promise<number> {
  const failures: unknown[] = []
  let sum = 0
  let after: string | undefined = ''
  while (after !== undefined) {
    const users = await find(after, BATCH)
    for (const userId of users) {
      if (stopping?.aborted) break
      try {
        sum += await work(userId)
      } catch (error) {
        failures.push(error)
      }
    }
    after = users.length < BATCH || stopping?.aborted ? undefined : users.at(-1)
  }
  if (failures.length > 0) throw failures[0]
  return sum
}
