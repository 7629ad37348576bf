import { once } from 'node:events'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { queryObjects } from 'node:v8'
import { expect, it, onTestFinished } from 'vitest'
import { createMariadbPool } from '../../../src/clients/mariadb-pool.js'
import { createOpenConnections } from '../../../src/clients/open-connections.js'
import { until } from '../../support/wait.js'

it('A pool keeps no socket of a connection that failed', async () => {
  let attempts = 0
  const server = createServer((socket) => {
    attempts += 1
    socket.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const access = { host: '127.0.0.1', port, user: 'postern', password: 'x', database: 'postern' }
  const limits = { connectionLimit: 2, minimumIdle: 1, acquireTimeout: 100, connectTimeout: 100 }
  const pool = createMariadbPool({ ...access, ...limits }, createOpenConnections())
  onTestFinished(async () => {
    await pool.end().catch(() => undefined)
    server.close()
  })
  const before = queryObjects(Socket)
  await until('twelve connections have failed', async () => {
    await pool.query('SELECT 1').catch(() => undefined)
    return attempts >= 12
  })
  expect(queryObjects(Socket) - before).toBeLessThan(6)
})
