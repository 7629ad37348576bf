// Sends requests at a fixed rate, without waiting for responses, and times each one from the moment it was due. So a stall
// of the server also counts for the requests that would have arrived during it.
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Connections that are opened at the same time. */
const AT_ONCE = 100

interface Steady {
  url: string
  perSecond: number
  seconds: number
  body: () => string
  /** So many, each used in turn. By default as few as possible. */
  connections?: number
}

interface Line {
  socket: Socket
  /** Resolves the request that is waiting for a response. */
  waiting: ((status: number) => void) | null
}

function requestHead({ host, pathname }: URL): string {
  return `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: `
}

/** Opens a keep-alive connection. Responses must have a Content-Length, as Postern's do. */
async function open(url: URL): Promise<Line> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const line: Line = { socket, waiting: null }
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\r\n\r\n')
    const length = end < 0 ? undefined : /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
    if (length === undefined || text.length < end + 4 + Number(length)) return
    const status = Number(text.slice(9, 12))
    text = ''
    const resolve = line.waiting
    line.waiting = null
    resolve?.(status)
  })
  socket.on('error', () => undefined)
  socket.on('close', () => line.waiting?.(0))
  return line
}

/** Returns the milliseconds of each request, in no order. Rejects if any status is not 200. */
export async function steady({ url: address, perSecond, seconds, body, connections = 0 }: Steady): Promise<number[]> {
  const url = new URL(address)
  const head = requestHead(url)
  const free: Line[] = []
  const all: Line[] = []
  const times: number[] = []
  let failed = 0

  async function another(): Promise<Line> {
    const line = await open(url)
    all.push(line)
    return line
  }

  async function send(due: number): Promise<void> {
    // The one that was idle for longest, or the one that was used last.
    const line = (connections > 0 ? free.shift() : free.pop()) ?? (await another())
    const text = body()
    const status = await new Promise<number>((resolve) => {
      line.waiting = resolve
      line.socket.write(`${head}${Buffer.byteLength(text)}\r\n\r\n${text}`)
    })
    times.push(performance.now() - due)
    if (status === 200) free.push(line)
    else failed += 1
  }

  while (all.length < connections) {
    const batch = Math.min(AT_ONCE, connections - all.length)
    free.push(...(await Promise.all(Array.from({ length: batch }, another))))
  }
  const begun = performance.now()
  const sent: Promise<void>[] = []
  while (sent.length < perSecond * seconds) {
    // A late timer delays this client, not the server. So a request is due at the tick that sends it.
    const now = performance.now()
    while (sent.length < perSecond * seconds && begun + (sent.length * 1000) / perSecond <= now) sent.push(send(now))
    await pause(1)
  }
  await Promise.all(sent)
  for (const { socket } of all) socket.destroy()
  if (failed > 0) throw new Error(`${address}: ${failed} of ${sent.length} requests failed.`)
  return times
}
