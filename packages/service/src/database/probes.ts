// Opens a connection only to see which server it reaches.
import { withTimeout } from '@postern/contract/timeout'
import { abandon, type Connection, openMysqlConnection, readServerState } from './mysql.js'
import type { DatabaseServer } from './server.js'
import type { ServerState } from './server-state.js'

const PROBE_TIMEOUT_SECONDS = 2

/** Rejects after two seconds if the server does not respond. */
export function createProbe(server: DatabaseServer): () => Promise<ServerState> {
  const options = { timeout: PROBE_TIMEOUT_SECONDS }

  async function askOnce(connection: Connection): Promise<ServerState> {
    try {
      const state = await readServerState(connection, options)
      void connection.end().catch(() => undefined)
      return state
    } catch (error) {
      abandon(connection)
      throw error
    }
  }

  return () => {
    const opening = openMysqlConnection(server, options)
    return withTimeout(opening.then(askOnce), PROBE_TIMEOUT_SECONDS * 1000, () => {
      throw new Error('ETIMEDOUT: the database did not respond in time')
    })
  }
}
