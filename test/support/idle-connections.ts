// Closes the connections that fetch keeps open. A service that stops would wait for requests on them.
interface Dispatcher {
  close(): Promise<void>
  constructor: new () => Dispatcher
}

/** Where Node.js keeps what fetch uses. */
const PLACES = ['undici.globalDispatcher.1', 'undici.globalDispatcher.2'].map((name) => Symbol.for(name))

/** Requests that are under way end as usual. The next one opens a new connection. */
export function closeIdleConnections(): void {
  const globals = globalThis as unknown as Record<symbol, Dispatcher | undefined>
  const current = PLACES.map((place) => globals[place]).find((dispatcher) => dispatcher !== undefined)
  if (!current) return
  const next = new current.constructor()
  for (const place of PLACES) globals[place] = next
  void current.close()
}
