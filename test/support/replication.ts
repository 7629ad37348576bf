import { createConnection, type Connection } from 'mysql2/promise'
import { migrateDatabase } from '../../src/app/operator-commands.js'
import { privateMariadb, type PrivateServer } from './servers.js'
import { until } from './wait.js'

/** One of the two servers. */
export interface Replica {
  /** For the service: an account that can't write while the server is read-only. */
  url: string
  /** Runs one statement as an administrator and returns its rows. */
  query<Row = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>
  /** How many connections the service has to this server. */
  connections(): Promise<number>
}

export interface ReplicatedPair {
  primary: Replica
  /** Replicates from the primary and is read-only. */
  replica: Replica
  /** Makes the replica the primary: it stops replicating and accepts writes. The old primary becomes read-only. */
  promote(): Promise<void>
  /** From then on, the old primary stays connected and does not respond. */
  freezePrimary(): void
  remove(): Promise<void>
}

const ACCOUNT = "CREATE USER service@'%' IDENTIFIED BY 'secret'"
const GRANT = `GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON failover.* TO service@'%'`

async function adminOf(server: PrivateServer): Promise<Connection> {
  const connection = await createConnection({ uri: server.url, timezone: 'Z' })
  connection.on('error', () => undefined)
  return connection
}

function describe(server: PrivateServer, admin: Connection): Replica {
  const url = new URL(server.url)
  Object.assign(url, { username: 'service', password: 'secret', pathname: '/failover' })
  const query = async <Row>(sql: string, values: unknown[] = []) => (await admin.query(sql, values))[0] as Row[]
  return {
    url: url.toString(),
    query,
    async connections() {
      const [row] = await query<{ count: number }>(
        "SELECT COUNT(*) AS count FROM information_schema.processlist WHERE user = 'service'",
      )
      return Number(row?.count)
    },
  }
}

/** Two MariaDB servers with a migrated database, of which the second replicates the first by GTID. `options`: of both. */
export async function startReplicatedPair(options: readonly string[] = []): Promise<ReplicatedPair> {
  const settings = (id: number) => [`--server-id=${id}`, '--log-bin', '--log-slave-updates', ...options]
  const servers = await Promise.all([privateMariadb(settings(1)), privateMariadb(settings(2))])
  const admins = await Promise.all([adminOf(servers[0]), adminOf(servers[1])])
  const [primary, replica] = [describe(servers[0], admins[0]), describe(servers[1], admins[1])]
  const { port, username, password } = new URL(servers[0].url)

  for (const server of [primary, replica]) await server.query('RESET MASTER')
  await replica.query("SET GLOBAL gtid_slave_pos = ''")
  await replica.query(
    `CHANGE MASTER TO master_host = '127.0.0.1', master_port = ${port}, master_user = '${username}',
     master_password = '${password}', master_use_gtid = slave_pos`,
  )
  await replica.query('START SLAVE')
  await replica.query('SET GLOBAL read_only = 1')
  await primary.query('CREATE DATABASE failover CHARACTER SET utf8mb4')
  await primary.query(ACCOUNT)
  await primary.query(GRANT)
  await migrateDatabase({ DATABASE_URL: primary.url, DATABASE_TIMEOUT: 10 })
  await caughtUp()

  /** Resolves when the replica has everything that the primary has. */
  async function caughtUp(): Promise<void> {
    const [row] = await primary.query<{ position: string }>('SELECT @@gtid_binlog_pos AS position')
    await until('the replica has caught up', async () => {
      const [waited] = await replica.query<{ result: number }>('SELECT MASTER_GTID_WAIT(?, 1) AS result', [
        row?.position,
      ])
      return waited?.result === 0
    })
  }

  return {
    primary,
    replica,
    async promote() {
      await primary.query('SET GLOBAL read_only = 1')
      await caughtUp()
      await replica.query('STOP SLAVE')
      await replica.query('RESET SLAVE ALL')
      await replica.query('SET GLOBAL read_only = 0')
    },
    freezePrimary: () => servers[0].freeze(),
    async remove() {
      for (const admin of admins) admin.destroy()
      await Promise.all(servers.map((server) => server.remove()))
    },
  }
}
