// Records the open connections to the database, each with its server, and which servers new connections reach.
import type { ServerState } from './server-state.js'

/** The longest life of a connection in a pool. Each has a random one, so that they don't all reconnect at once. */
const LONGEST_LIFE_MS = 12 * 60_000
const SHORTEST_LIFE_MS = 8 * 60_000

/** An urgent close ends statements that are still running after this time. */
export const CLOSE_TIMEOUT_MS = 2000

interface Closeable {
  isOpen: () => boolean
  /**
   * Closes the connection as soon as it is not in use, so that no transaction is interrupted. If it is `urgent`, at the
   * latest after {@link CLOSE_TIMEOUT_MS}.
   */
  close: (urgent: boolean) => void
}

export interface OpenConnection extends Closeable {
  /** Null until the server has answered which one it is. */
  server: string | null
  openedAt: number
  expiresAt: number
  /** It was told to close. */
  retired: boolean
}

/** What the latest new connection to a server found there. */
export interface Sighting {
  readOnly: boolean
  at: number
}

export type OpenConnections = ReturnType<typeof createOpenConnections>

/** Times are those of `now`, in milliseconds. */
export function createOpenConnections(
  now: () => number = () => performance.now(),
  random: () => number = () => Math.random(),
) {
  const connections = new Set<OpenConnection>()
  const sightings = new Map<string, Sighting>()

  return {
    now,

    add({ isOpen, close }: Closeable): OpenConnection {
      const openedAt = now()
      const expiresAt = openedAt + SHORTEST_LIFE_MS + random() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS)
      const connection = { server: null, openedAt, expiresAt, retired: false, isOpen, close }
      connections.add(connection)
      return connection
    },

    /** Records what a new connection found. */
    sighted({ server, readOnly }: ServerState): void {
      sightings.set(server, { readOnly, at: now() })
    },

    /** Tells a connection to close. */
    retire(connection: OpenConnection, { urgent }: { urgent: boolean }): void {
      connection.retired = true
      connection.close(urgent)
    },

    sighting: (server: string): Sighting | undefined => sightings.get(server),

    /** The connections that are open and were not told to close. */
    current(): OpenConnection[] {
      for (const connection of connections) if (!connection.isOpen()) connections.delete(connection)
      for (const [server, { at }] of sightings) if (at < now() - LONGEST_LIFE_MS) sightings.delete(server)
      return [...connections].filter(({ retired }) => !retired)
    },
  }
}

/** Ends a connection at once, as the loss of the network would: the driver rejects what is waiting for an answer. */
export function breakOff(stream: { destroy(error: Error): unknown } | undefined): void {
  stream?.destroy(Object.assign(new Error('closed: its server is not the primary any more'), { code: 'ECONNRESET' }))
}
