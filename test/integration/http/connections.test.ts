import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startService, type LogLine, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

const MAX = 4

let service: Service
const lines: LogLine[] = []

beforeAll(async () => {
  const env = { MAX_CONNECTIONS: String(MAX), RESPONSE_TIMEOUT: '1', PLAYGROUND: 'true', LOG_LEVEL: 'warn' }
  service = await startService(env, { onLine: (line) => lines.push(line) })
})
afterAll(() => service.stop())

async function open(): Promise<{ socket: Socket; received: () => string; isClosed: () => boolean }> {
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  let [text, closed] = ['', false]
  socket.on('error', () => undefined)
  socket.on('close', () => (closed = true))
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')))
  await once(socket, 'connect')
  return { socket, received: () => text, isClosed: () => closed }
}

const HEAD = 'GET /health/live HTTP/1.1\r\nhost: x\r\n'

it('closes connections beyond MAX_CONNECTIONS, says so in the log, and accepts new ones when there are fewer', async () => {
  const opened = await Promise.all(Array.from({ length: MAX }, open))
  for (const { socket, received } of opened) {
    socket.write(`${HEAD}\r\n`)
    await until('it has its response', () => received().includes('200 OK'))
  }
  const beyond = await open()
  await until('it is closed', beyond.isClosed)
  expect(beyond.received()).toBe('')
  await until('it is logged', () =>
    lines.some(({ msg }) => msg === 'connections were refused: MAX_CONNECTIONS are open'),
  )
  for (const { socket } of opened) socket.destroy()
  await until('a new connection has its response', async () => {
    const { socket, received, isClosed } = await open()
    socket.write(`${HEAD}\r\n`)
    await until('it has an end', () => isClosed() || received().includes('200 OK'))
    socket.destroy()
    return received().includes('200 OK')
  })
})

it('closes the connection of a client that requests and never reads', async () => {
  const { socket, isClosed } = await open()
  socket.pause()
  // Far more than the buffers of both sides hold.
  const request = 'GET /playground HTTP/1.1\r\nhost: x\r\n\r\n'
  const more = setInterval(() => socket.write(request.repeat(1000)), 20)
  await until('it is closed', isClosed)
  clearInterval(more)
})

it('closes a request that has not arrived within 10 s, and names the reason', async () => {
  const half = await open()
  half.socket.write(HEAD)
  const body = await open()
  body.socket.write(
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"q',
  )
  // A few bytes now and then do not extend the time.
  const drip = setInterval(() => half.socket.write('x-a: b\r\n'), 300)
  await until('both are closed', () => half.isClosed() && body.isClosed(), { seconds: 15 })
  clearInterval(drip)
  expect(half.received()).toContain('408 ')
})
