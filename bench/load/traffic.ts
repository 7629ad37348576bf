// Connections that stay open to one server and send only during its slices of time, each waiting for its answers.
import { type Answer, type Connection, openConnection } from './connection.ts'

/** What one connection says. */
export interface Talk {
  /** The next request, complete. */
  request(): Buffer
  /** Throws if the body of an answer is wrong. Gets the first one of each slice, or all. */
  read(body: string): void
  readsAll?: true
}

export interface Slice {
  requests: number
  milliseconds: number
}

export type Traffic = Awaited<ReturnType<typeof openTraffic>>

/** One connection per talk. A status other than 200, or a wrong body, rejects. */
export async function openTraffic(address: string, talks: readonly Talk[]) {
  const url = new URL(address)
  let pending = 0
  let done = 0
  let mayContinue: () => boolean = () => false
  let finish: (problem?: Error) => void = () => undefined
  const isRead = talks.map(() => false)
  const connections: Connection[] = await Promise.all(
    talks.map((_, line) => openConnection(url, (answer) => receive(line, answer))),
  )

  function send(line: number): void {
    pending += 1
    connections[line]!.send(talks[line]!.request())
  }

  function receive(line: number, { status, body }: Answer): void {
    pending -= 1
    done += 1
    const talk = talks[line]!
    try {
      if (status !== 200) throw new Error(`${address} answered ${status}: ${body()}`)
      if (talk.readsAll || !isRead[line]) talk.read(body())
      isRead[line] = true
      if (mayContinue()) send(line)
      else if (pending === 0) finish()
    } catch (error) {
      mayContinue = () => false
      finish(error as Error)
    }
  }

  async function saturate(may: () => boolean): Promise<Slice> {
    done = 0
    isRead.fill(false)
    mayContinue = may
    const begun = performance.now()
    await new Promise<void>((resolve, reject) => {
      finish = (problem) => (problem ? reject(problem) : resolve())
      for (const line of talks.keys()) send(line)
    })
    return { requests: done, milliseconds: performance.now() - begun }
  }

  return {
    /** Sends for so long, and waits for the last answers, which count as well. */
    during(milliseconds: number): Promise<Slice> {
      const end = performance.now() + milliseconds
      return saturate(() => performance.now() < end)
    },
    /** Sends so many requests, at least one per connection. */
    times(requests: number): Promise<Slice> {
      let left = requests - talks.length
      return saturate(() => left-- > 0)
    },
    close(): void {
      for (const connection of connections) connection.close()
    },
  }
}

/** A complete HTTP request, as bytes. Without a body it is a GET. */
export function httpRequest(address: string, headers: Record<string, string>, body?: string): Buffer {
  const { host, pathname, search } = new URL(address)
  const lines = [`${body === undefined ? 'GET' : 'POST'} ${pathname}${search} HTTP/1.1`, `Host: ${host}`, 'Accept: */*']
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
}
