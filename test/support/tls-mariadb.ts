import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Authority, Certificate } from './certificates.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { privateMariadb } from './servers.js'

/** A private MariaDB that offers TLS and a socket, and a database on it. */
export interface TlsMariadb {
  database: TestDatabase
  socket: string
  /** The URL of the database with another host, user or parameters. */
  url(changes?: { host?: string; user?: string; query?: string }): string
  /** Shows this certificate from now on. */
  show(certificate: Certificate): Promise<void>
  /** Creates a user with all privileges and the password of the first one. `where` is `@'%'`, or `@'localhost'` for sockets. */
  user(name: string, where: string, requirement?: string): Promise<void>
  remove(): Promise<void>
}

/** Options of mariadbd for TLS. `write` replaces the certificate in its files, which are in `folder`. */
export async function serverFiles(authority: Authority, certificate: Certificate) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-tls-'))
  const [cert, key] = [join(folder, 'server.pem'), join(folder, 'server.key')]
  const write = (shown: Certificate) => Promise.all([writeFile(cert, shown.cert), writeFile(key, shown.key)])
  await write(certificate)
  return { folder, write, options: [`--ssl-ca=${authority.caFile}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`] }
}

export async function startTlsMariadb(authority: Authority, certificate: Certificate): Promise<TlsMariadb> {
  const { folder, write, options } = await serverFiles(authority, certificate)
  const socket = join(folder, 'db.sock')
  const server = await privateMariadb([...options, `--socket=${socket}`])
  const database = await createTestDatabase({ migrate: false, server: server.url })
  return {
    database,
    socket,
    url({ host = 'localhost', user, query = '' } = {}) {
      const url = Object.assign(new URL(database.url), { hostname: host, search: query })
      if (user !== undefined) url.username = user
      return url.href
    },
    async show(shown) {
      await write(shown)
      await database.query('FLUSH SSL')
    },
    async user(name, where, requirement = '') {
      const { password } = new URL(database.url)
      await database.query(`CREATE OR REPLACE USER ${name}${where} IDENTIFIED BY '${password}' ${requirement}`)
      await database.query(`GRANT ALL ON *.* TO ${name}${where}`)
    },
    async remove() {
      await database.drop()
      await server.remove()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
