import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
beforeAll(async () => {
  service = await startService({ MAX_CONCURRENT_REQUESTS: '20', TRUST_PROXY: '127.0.0.1' })
})
afterAll(() => service.stop())

/** Introspection has no plan, so each of these takes a turn. */
const introspection = JSON.stringify({ query: '{ __type(name: "Policy") { name } }' })
const request = (address: string, body = introspection) =>
  `POST /graphql HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${address}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

async function open() {
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')))
  await once(socket, 'connect')
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
  return { socket, statuses }
}

const failing = JSON.stringify({ query: '{ a: profile { id } b: profile { id } }' })

it.each([
  ['operations', introspection],
  ['operations of a known document that fail', failing],
])('refuses %s that are too many to wait, answers all, and lets other networks in between', async (_what, body) => {
  for (let use = 1; use <= 2; use++) await service.graphql((JSON.parse(body) as { query: string }).query)
  const floods = await Promise.all(Array.from({ length: 40 }, open))
  const other = await open()
  for (const { socket } of floods) socket.write(request('192.0.2.1', body).repeat(50))
  const statuses = () => floods.flatMap((flood) => flood.statuses())
  await until('the first are answered', () => statuses().length > 0)
  other.socket.write(request('198.51.100.1'))
  await until('the other is answered', () => other.statuses().length > 0)
  await until('all are answered', () => statuses().length === 2000)
  expect(other.statuses()).toEqual(['200'])
  expect(new Set(statuses())).toEqual(new Set(['200', '503']))
  for (const { socket } of [...floods, other]) socket.destroy()
})

const known = JSON.stringify({ query: '{ policy { usernameHold } }' })

it.each([
  ['operations', () => request('192.0.2.1')],
  ['operations of a known document', () => request('192.0.2.1', known)],
  ['health checks', () => 'GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n'],
])('closes a connection with hundreds of %s that wait for their responses', async (_what, one) => {
  const { socket, statuses } = await open()
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(one().repeat(500))
  await closed
  expect(statuses().length).toBeLessThan(500)
  const next = await open()
  next.socket.write(one().repeat(60))
  await until('a few are answered', () => next.statuses().length === 60)
  next.socket.destroy()
})
