/** What GraphiQL may leave behind in the browser: how the page looks, never what was typed into it. */
const harmless = new Set(['graphiql:theme', 'graphiql:visiblePlugin', 'graphiql:docExplorerFlex'])

/**
 * GraphiQL keeps tabs, history and variables in localStorage. Here those hold passwords and tokens, so they stay in
 * memory and are gone with the page.
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
