// A process that holds keep-alive connections open, each after one request: node crowd.ts <url> <count>.
import { connect, type Socket } from 'node:net'
import { check } from './request-bodies.ts'

const [address = '', count = '0'] = process.argv.slice(2)
const { host, hostname, port, pathname } = new URL(address)
const body = `${check.before}username${check.after}`
const request = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const open: Socket[] = []

async function another(): Promise<void> {
  const socket = connect({ host: hostname, port: Number(port) })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => socket.write(request))
    socket.once('data', (answer) =>
      answer.toString('latin1', 9, 12) === '200' ? resolve() : reject(new Error('not 200')),
    )
  })
  socket.on('close', () => {
    console.error('The server closed a connection.')
    process.exit(1)
  })
  open.push(socket)
}

const AT_ONCE = 100
while (open.length < Number(count)) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, Number(count) - open.length) }, another))
}
console.log('open')
