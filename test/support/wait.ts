/** Resolves once `condition` gives something truthy; fails after `seconds`. Looks `every` so many milliseconds. */
export async function until<T>(
  what: string,
  condition: () => Promise<T> | T,
  { seconds = 60, every = 20 } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > deadline) throw new Error(`Waited ${seconds} s in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}
