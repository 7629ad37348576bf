// A set of listeners, called in the order they were added.

export function createListeners<Args extends unknown[]>() {
  const listeners = new Set<{ listener: (...args: Args) => void }>()

  return {
    add: (listener: (...args: Args) => void): (() => void) => {
      // An object of its own: adding the same function twice makes two subscriptions.
      const entry = { listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },

    notify: (...args: Args): void => {
      for (const { listener } of [...listeners]) {
        try {
          listener(...args)
        } catch (error) {
          // Report a listener's error as uncaught, and keep it away from the caller.
          setTimeout(() => {
            throw error
          })
        }
      }
    },

    isEmpty: () => listeners.size === 0,
    clear: () => listeners.clear(),
  }
}
