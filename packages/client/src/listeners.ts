/** A set of listeners, in the order they came. */
export function createListeners<Args extends unknown[]>() {
  const listeners = new Set<{ listener: (...args: Args) => void }>()

  return {
    add: (listener: (...args: Args) => void): (() => void) => {
      // An object of its own: the same function given twice is two subscriptions.
      const entry = { listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },

    tell: (...args: Args): void => {
      for (const { listener } of [...listeners]) {
        try {
          listener(...args)
        } catch (error) {
          // A listener's defect is reported as what it is, and is none of whoever told it.
          setTimeout(() => {
            throw error
          })
        }
      }
    },

    clear: () => listeners.clear(),
  }
}
