// Connections that stay open to one server and send only during its slices of time, each waiting for its answers.
import { percentile } from '../report/statistics.ts'
import { type Answer, type Connection, type OpenConnection, openConnection } from './connection.ts'

/** What one connection says. */
export interface Talk {
  /** The next request, complete. */
  request(): Buffer
  /** Throws if the body of an answer is wrong. Gets the first one of each slice, or all. */
  read(body: string): void
  readsAll?: true
  /** Whether what the connection has begun needs another request. However many it takes, they count as one. */
  continues?(): boolean
}

export interface Slice {
  /** Or what several requests together have done. */
  requests: number
  milliseconds: number
  /** The median of the milliseconds that a request took. Not of contenders that count in another way. */
  p50?: number
}

export type Traffic = ReturnType<typeof openTraffic>

/** The longest time without any answer. */
const PATIENCE_MS = 30_000

/** One connection per talk, or what `open` makes of it. A status other than 200, or a wrong body, rejects. */
export function openTraffic(address: string, talks: readonly Talk[], open: OpenConnection = openConnection) {
  const url = new URL(address)
  let pending = 0
  let done = 0
  let mayContinue: () => boolean = () => false
  let finish: (problem?: Error) => void = () => undefined
  const isRead = talks.map(() => false)
  const isWaiting = talks.map(() => false)
  const sentAt = talks.map(() => 0)
  let took: number[] = []
  const connections: (Connection | null)[] = talks.map(() => null)

  /** Servers close connections that were idle for a while. */
  async function connect(): Promise<void> {
    const openLine = (line: number) =>
      open(
        url,
        (answer) => receive(line, answer),
        () => lose(line),
      )
    for (const line of talks.keys()) connections[line] ??= await openLine(line)
  }

  function lose(line: number): void {
    connections[line] = null
    if (isWaiting[line]) fail(new Error(`${address} closed a connection before its answer.`))
  }

  function fail(problem: Error): void {
    mayContinue = () => false
    finish(problem)
  }

  function send(line: number): void {
    pending += 1
    isWaiting[line] = true
    sentAt[line] = performance.now()
    connections[line]!.send(talks[line]!.request())
  }

  function receive(line: number, { status, body }: Answer): void {
    pending -= 1
    isWaiting[line] = false
    took.push(performance.now() - sentAt[line]!)
    const talk = talks[line]!
    try {
      if (status !== 200) throw new Error(`${address} answered ${status}: ${body()}`)
      if (talk.readsAll || !isRead[line]) talk.read(body())
      isRead[line] = true
      if (talk.continues?.()) return send(line)
      done += 1
      if (mayContinue()) send(line)
      else if (pending === 0) finish()
    } catch (error) {
      fail(error as Error)
    }
  }

  async function saturate(may: (since: number) => boolean): Promise<Slice> {
    await connect()
    done = 0
    took = []
    isRead.fill(false)
    const begun = performance.now()
    mayContinue = () => may(begun)
    let seen = -1
    const timer = setInterval(() => {
      if (done === seen) fail(new Error(`${address} did not answer ${pending} requests.`))
      seen = done
    }, PATIENCE_MS)
    await new Promise<void>((resolve, reject) => {
      finish = (problem) => (problem ? reject(problem) : resolve())
      for (const line of talks.keys()) send(line)
    }).finally(() => clearInterval(timer))
    return { requests: done, milliseconds: performance.now() - begun, p50: percentile(took, 50) }
  }

  return {
    /** Sends for so long, and waits for the last answers, which count as well. */
    during(milliseconds: number): Promise<Slice> {
      return saturate((since) => performance.now() - since < milliseconds)
    },
    /** Sends so many requests, at least one per connection. */
    times(requests: number): Promise<Slice> {
      let left = requests - talks.length
      return saturate(() => left-- > 0)
    },
    close(): void {
      for (const connection of connections) connection?.close()
    },
  }
}

/** Makes complete requests, as bytes: POSTs of JSON, or without a body GETs. */
export function requestTo(address: string, headers: Record<string, string> = {}): (body?: string) => Buffer {
  const { host, pathname, search } = new URL(address)
  const common = Object.entries({ Host: host, Accept: '*/*', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const head = `${pathname}${search} HTTP/1.1\r\n${common.join('')}`
  return (body) =>
    body === undefined
      ? Buffer.from(`GET ${head}\r\n`)
      : Buffer.from(
          `POST ${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        )
}
