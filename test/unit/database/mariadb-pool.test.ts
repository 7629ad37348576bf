import { once } from 'node:events'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { queryObjects } from 'node:v8'
import { expect, it, onTestFinished } from 'vitest'
import { createOpenConnections } from '@postern/service/database/open-connections'
import { createMariadbPool } from '../../../src/clients/mariadb-pool.js'
import { until } from '../../support/wait.js'

/** A pool whose server does with each connection what `onConnection` does. */
async function poolFor(onConnection: (socket: Socket) => void, options: { ssl?: boolean } = {}) {
  const server = createServer((socket) => onConnection(socket.on('error', () => undefined)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const access = { host: '127.0.0.1', port, user: 'postern', password: 'x', database: 'postern' }
  const limits = { connectionLimit: 2, minimumIdle: 1, acquireTimeout: 100, connectTimeout: 100 }
  const pool = createMariadbPool({ ...access, ...limits, ...options }, createOpenConnections())
  onTestFinished(async () => {
    await pool.end().catch(() => undefined)
    server.close()
  })
  return pool
}

it('A pool keeps no socket of a connection that failed', async () => {
  let attempts = 0
  const pool = await poolFor((socket) => {
    attempts += 1
    socket.destroy()
  })
  const sockets = () => queryObjects(Socket, { format: 'count' })
  const before = sockets()
  await until('twelve connections have failed', async () => {
    await pool.query('SELECT 1').catch(() => undefined)
    return attempts >= 12
  })
  expect(sockets() - before).toBeLessThan(6)
})

/** What a MariaDB that offers TLS sends first: its protocol and version, then its capabilities. */
function greeting(): Buffer {
  const start = Buffer.from('\x0a10.11.6-MariaDB\0\x01\0\0\x0012345678\0', 'latin1')
  const abilities = Buffer.from([0xff, 0xff, 33, 2, 0, 0xff, 0x81, 21, ...Array<number>(10).fill(0)])
  const body = Buffer.concat([start, abilities, Buffer.from('123456789012\0mysql_native_password\0')])
  return Buffer.concat([Buffer.from([body.length, 0, 0, 0]), body])
}

it('A server that closes the connection during the TLS handshake does no harm', async () => {
  const unhandled: Error[] = []
  const keep = (error: Error) => void unhandled.push(error)
  process.on('uncaughtException', keep)
  onTestFinished(() => void process.off('uncaughtException', keep))
  let handshakes = 0
  const pool = await poolFor(
    (socket) => {
      socket.write(greeting())
      // The first packet asks for TLS. The handshake follows.
      socket.on('data', () => {
        handshakes += 1
        socket.end()
      })
    },
    { ssl: true },
  )
  await until('three handshakes have failed', async () => {
    await pool.query('SELECT 1').catch(() => undefined)
    return handshakes >= 3
  })
  expect(unhandled).toEqual([])
})
