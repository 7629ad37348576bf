// The storage that GraphiQL gets: nothing that was typed stays in the browser.

/** Only the look of the page may be kept. */
const harmless = new Set(['graphiql:theme', 'graphiql:visiblePlugin', 'graphiql:docExplorerFlex'])

/**
 * GraphiQL keeps tabs, history and variables in localStorage. They hold passwords and tokens here, so they stay in memory
 * until the page is closed.
 */
export function forgetfulStorage(lasting: Storage): Storage {
  const memory = new Map<string, string>()
  return {
    getItem: (key) => (harmless.has(key) ? lasting.getItem(key) : (memory.get(key) ?? null)),
    setItem(key, value) {
      if (harmless.has(key)) lasting.setItem(key, value)
      else memory.set(key, value)
    },
    removeItem(key) {
      if (harmless.has(key)) lasting.removeItem(key)
      else memory.delete(key)
    },
    clear: () => {
      memory.clear()
    },
    key: (index) => [...memory.keys()][index] ?? null,
    get length() {
      return memory.size
    },
  }
}
