import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** The type of a question about IPv4 addresses. The other one is about those of IPv6. */
const A = 1
const HEADER_BYTES = 12
const NO_SUCH_NAME = 3
const REFUSED = 5

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  return Buffer.from(address.replaceAll(':', ''), 'hex')
}

function nameOf(question: Buffer): string {
  const labels: string[] = []
  for (let at = 0; question[at]; at += question[at]! + 1)
    labels.push(question.toString('latin1', at + 1, at + 1 + question[at]!))
  return labels.join('.').toLowerCase()
}

type Answer = readonly string[] | 'refused' | null | undefined

/** A name server. `addresses`: of a name, those of IPv6 in full. Undefined: there is no such name. Null: it never answers. */
export async function startNameServer(addresses: (name: string) => Answer) {
  const asked = new Set<string>()
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const end = query.indexOf(0, HEADER_BYTES) + 5
    const question = query.subarray(HEADER_BYTES, end)
    const type = question.readUInt16BE(question.length - 4)
    const name = nameOf(question)
    asked.add(name)
    const answer = addresses(name)
    if (answer === null) return
    const found = answer === 'refused' ? [] : answer
    const fitting = (found ?? []).filter((one) => (type === A) !== one.includes(':')).map(bytesOf)
    const header = Buffer.alloc(HEADER_BYTES)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8180 | (answer === 'refused' ? REFUSED : found ? 0 : NO_SUCH_NAME), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(fitting.length, 6)
    const records = fitting.map((data) => {
      const record = Buffer.alloc(12)
      // The name of the question, its type, the class of the internet, a minute, and how long the address is.
      for (const [at, value] of [0xc00c, type, 1, 0, 60, data.length].entries()) record.writeUInt16BE(value, 2 * at)
      return Buffer.concat([record, data])
    })
    socket.send(Buffer.concat([header, question, ...records]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    /** The names that it was asked for. */
    asked,
    close: () => socket.close(),
  }
}
