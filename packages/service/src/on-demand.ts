/** Loads something when it is first needed, once. If that fails, the next use tries again. */
export function onDemand<Result>(load: () => Promise<Result>): {
  get: () => Promise<Result>
  begun: () => Promise<Result> | null
} {
  let result: Promise<Result> | null = null
  return {
    get() {
      if (result) return result
      const loading = load()
      result = loading
      loading.catch(() => (result = null))
      return loading
    },
    /** What `get` has returned last. Null if nothing was loaded. */
    begun: () => result,
  }
}
