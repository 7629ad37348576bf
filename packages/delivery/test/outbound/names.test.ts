import { lookup } from 'node:dns/promises'
import { expect, it, onTestFinished } from 'vitest'
import { createNameResolver } from '../../src/outbound/names.js'
import { createOutboundRequests } from '../../src/outbound/requests.js'
import { until } from '../../../../test/support/wait.js'
import { startNameServer } from './name-server.js'

async function nameServer(...options: Parameters<typeof startNameServer>) {
  const server = await startNameServer(...options)
  onTestFinished(() => void server.close())
  return server
}

it('a name has the addresses of both kinds, and one kind is enough', async () => {
  const full = '2001:0db8:0000:0000:0000:0000:0000:0001'
  const all: Record<string, string[]> = {
    'both.example': ['192.0.2.1', '192.0.2.2', full],
    'four.example': ['192.0.2.3'],
    'six.example': [full],
  }
  const { address } = await nameServer((name) => all[name])
  const resolve = createNameResolver([address])
  expect(await resolve('both.example')).toEqual([
    { address: '192.0.2.1', family: 4 },
    { address: '192.0.2.2', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ])
  expect(await resolve('four.example')).toEqual([{ address: '192.0.2.3', family: 4 }])
  expect(await resolve('six.example')).toEqual([{ address: '2001:db8::1', family: 6 }])
  await expect(resolve('none.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
})

it('the next server is asked if one refuses to answer, and only then', async () => {
  const refusing = await nameServer(() => 'refused')
  const knowing = await nameServer((name) => (name === 'one.example' ? ['192.0.2.1'] : undefined))
  const resolve = createNameResolver([refusing.address, knowing.address])
  expect(await resolve('one.example')).toEqual([{ address: '192.0.2.1', family: 4 }])
  await expect(resolve('none.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  await expect(createNameResolver([refusing.address])('one.example')).rejects.toMatchObject({ code: 'EREFUSED' })

  const first = createNameResolver([knowing.address, refusing.address])
  await expect(first('none.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  expect([...refusing.asked]).toEqual(['one.example', 'none.example'])
})

it('names that a server never answers hold up no other look-up of the process', async () => {
  const silent = await nameServer(() => null)
  const { send } = createOutboundRequests({ allowedHosts: [], nameServers: [silent.address], timeoutMs: 60_000 })
  const controller = new AbortController()
  const { signal } = controller
  const ended: unknown[] = []
  const sending = Array.from({ length: 16 }, (_, n) =>
    send(`https://host-${n}.example/`, { method: 'POST', signal }).catch((error: unknown) => ended.push(error)),
  )
  await until('it is asked for all of them', () => silent.asked.size === sending.length)
  expect(await lookup('localhost')).toHaveProperty('address')
  controller.abort()
  await Promise.all(sending)
  expect(ended).toHaveLength(sending.length)
})

it('what it resolves to is checked', async () => {
  const { address } = await nameServer(() => ['10.0.0.1'])
  const { send } = createOutboundRequests({ allowedHosts: [], nameServers: [address] })
  await expect(send('https://receiver.example/', { method: 'POST' })).rejects.toMatchObject({ problem: 'FORBIDDEN' })
})

it('names of the system, and exceptions, are looked up as the system does', async () => {
  const server = await nameServer(() => ['192.0.2.1'])
  const { send } = createOutboundRequests({ allowedHosts: ['receiver.invalid'], nameServers: [server.address] })
  await expect(send('https://localhost:1024/', { method: 'POST' })).rejects.toMatchObject({
    message: 'The host has an address of a private network.',
  })
  await expect(send('https://receiver.invalid/', { method: 'POST' })).rejects.toMatchObject({ problem: 'UNREACHABLE' })
  expect([...server.asked]).toEqual([])
})
