// Keeps every connection on the primary: the server that new connections reach.
import type { OpenConnection, OpenConnections } from './open-connections.js'
import type { ServerState } from './server-state.js'
import { isServerFull } from './failures.js'

/** A server counts as one of those behind the address for this time after a new connection has reached it. */
const SIGHTING_MS = 3000

/** How often, and for how long, further connections look for a server that is in use and was not reached lately. */
const MORE_PROBES = 8
const MORE_PROBES_MS = 2000

/** A new connection has this time until it must know its server. */
const IDENTIFICATION_MS = 5000

/** Many refused writes cause one check in this time. */
const SUSPICION_MS = 500

/** Why a connection was closed: its server is read-only, new connections don't reach it, or the connection is old. */
export type RetireReason = 'moved' | 'read_only' | 'age'
export const RETIRE_REASONS: readonly RetireReason[] = ['moved', 'read_only', 'age']

/**
 * `probe` opens a new connection, asks for the state of its server and closes it, in bounded time. `onRetired` learns
 * how many connections each check has closed.
 */
export function createPrimary({
  connections,
  probe,
  onRetired,
}: {
  connections: OpenConnections
  probe: () => Promise<ServerState>
  onRetired: (reason: RetireReason, count: number) => void
}) {
  const { now } = connections
  let running: Promise<void> | null = null
  let lastStart = -Infinity

  async function look(): Promise<ServerState> {
    const state = await probe()
    connections.sighted(state)
    return state
  }

  const isSighted = (server: string | null, since: number): boolean =>
    server !== null && (connections.sighting(server)?.at ?? -Infinity) >= since

  /** Several servers can be behind the address in turns. Looks for those in use before they are given up. */
  async function lookForServersInUse(since: number): Promise<void> {
    const deadline = now() + MORE_PROBES_MS
    const isMissing = ({ server }: OpenConnection) => server !== null && !isSighted(server, since)
    for (let i = 0; i < MORE_PROBES && now() < deadline && connections.current().some(isMissing); i++)
      await look().catch(() => undefined)
  }

  function reasonToRetire({ server, openedAt, expiresAt }: OpenConnection, since: number): RetireReason | null {
    if (server === null ? openedAt < now() - IDENTIFICATION_MS : !isSighted(server, since)) return 'moved'
    if (server !== null && connections.sighting(server)?.readOnly) return 'read_only'
    return expiresAt < now() ? 'age' : null
  }

  /** Closes connections only if a new one would reach a server that accepts writes. Trusts sightings since `since`. */
  async function run(since: number): Promise<void> {
    connections.current()
    if ((await look()).readOnly) return
    await lookForServersInUse(since)
    const counts = new Map<RetireReason, number>()
    for (const connection of connections.current()) {
      const reason = reasonToRetire(connection, since)
      if (!reason) continue
      connections.retire(connection, { urgent: reason !== 'age' })
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
    for (const [reason, count] of counts) onRetired(reason, count)
  }

  function check(since = now() - SIGHTING_MS): Promise<void> {
    if (running) return running
    lastStart = now()
    running = run(since).finally(() => (running = null))
    return running
  }

  return {
    /** Closes the connections that a new one would not replace with an equal one. Rejects if none can be opened. */
    check: () => check(),

    /** The server refused a write because it is read-only: checks soon, and trusts no earlier sighting. */
    suspect(): void {
      if (now() - lastStart > SUSPICION_MS) check(now()).catch(() => undefined)
    },

    /** Whether new connections reach this server and it accepts writes. */
    async isPrimary(server: string): Promise<boolean> {
      const isConfirmed = () =>
        isSighted(server, now() - SIGHTING_MS) && connections.sighting(server)?.readOnly === false
      if (isConfirmed()) return true
      try {
        await check()
      } catch (error) {
        // A server that has no connection to spare is no news: to give up then would turn a shortage into an outage.
        return isServerFull(error) && connections.sighting(server)?.readOnly === false
      }
      return isConfirmed()
    },
  }
}
