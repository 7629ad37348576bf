/** How long a test waits for anything that will happen. Long, because a busy machine is slow. */
export const PATIENCE_MS = 60_000

/**
 * Resolves when `condition` returns something truthy. Pass `seconds` only where the product promises a shorter time.
 * `every`: milliseconds between two tries.
 */
export async function until<T>(
  what: string,
  condition: () => Promise<T> | T,
  { seconds = PATIENCE_MS / 1000, every = 20 } = {},
): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const value = await condition()
    if (value) return value as Exclude<NonNullable<T>, false>
    if (performance.now() > deadline) throw new Error(`Timed out after ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}
