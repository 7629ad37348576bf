// Which server a connection has reached, and whether that server accepts writes.

export interface ServerState {
  /** The server's identity. Behind one address there can be several servers. */
  server: string
  readOnly: boolean
}

/** Some of the variables exist only in MariaDB, MySQL or Aurora. */
const IDENTITY = [
  ...['server_id', 'server_uid', 'server_uuid', 'hostname', 'port'],
  ...['report_host', 'wsrep_node_name', 'aurora_server_id'],
]
const READ_ONLY = ['read_only', 'super_read_only', 'innodb_read_only']

/** Works on every server and needs no privilege. A SELECT of a variable that the server does not have would fail. */
export const SERVER_STATE = `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${[...IDENTITY, ...READ_ONLY]
  .map((name) => `'${name}'`)
  .join(', ')})`

/** A row of the answer to {@link SERVER_STATE}. */
export interface ServerVariable {
  Variable_name: string
  Value: string
}

export function toServerState(rows: readonly ServerVariable[]): ServerState {
  const values = new Map(rows.map(({ Variable_name, Value }) => [Variable_name.toLowerCase(), Value]))
  return {
    // All of them together: servers that were copied often share the server_id.
    server: IDENTITY.map((name) => values.get(name) ?? '').join('|'),
    readOnly: READ_ONLY.some((name) => !['OFF', '0', undefined].includes(values.get(name))),
  }
}
