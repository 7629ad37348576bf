// A bounded cache whose values expire after some milliseconds. The oldest value goes first.

export function createRemembered<T>(size: number) {
  const entries = new Map<string, { readonly value: T; readonly until: number }>()

  return {
    get(key: string): T | undefined {
      const entry = entries.get(key)
      return entry && entry.until > performance.now() ? entry.value : undefined
    },

    set(key: string, value: T, milliseconds: number): void {
      entries.delete(key)
      entries.set(key, { value, until: performance.now() + milliseconds })
      if (entries.size > size) entries.delete(entries.keys().next().value ?? '')
    },

    delete: (key: string) => entries.delete(key),
  }
}
