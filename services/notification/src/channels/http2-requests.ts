// Sends requests to one push service over a connection of HTTP/2 that stays open, as Apple and Google ask for it.
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { OutboundFailure } from '@postern/delivery/outbound/requests'

/** For everything together: the connection, TLS, the request and the response. */
const TIMEOUT_MS = 10_000

const MAX_RESPONSE_BYTES = 4096

interface Options {
  /** Such as https://api.push.apple.com. */
  origin: string
  /** The only trusted authorities. By default those of Node.js, with NODE_EXTRA_CA_CERTS. */
  ca?: string
  timeoutMs?: number
}

export interface Http2Request {
  path: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  signal: AbortSignal
}

export interface Http2Response {
  status: number
  headers: IncomingHttpHeaders
  /** Its beginning. */
  body: string
}

export type Http2Requests = ReturnType<typeof createHttp2Requests>

export function createHttp2Requests({ origin, ca, timeoutMs = TIMEOUT_MS }: Options) {
  /** The one for new requests. Others may still have responses to receive. */
  let current: ClientHttp2Session | null = null
  const open = new Set<ClientHttp2Session>()

  function session(): ClientHttp2Session {
    if (current) return current
    const made = connect(origin, ca === undefined ? {} : { ca })
    const retire = () => {
      if (current === made) current = null
    }
    open.add(made)
    made.on('goaway', retire)
    made.on('close', () => {
      retire()
      open.delete(made)
    })
    // Its requests get the same error.
    made.on('error', retire)
    // An idle connection must not keep the process.
    made.unref()
    current = made
    return made
  }

  /** A request without an answer can mean that the connection is dead: the next one gets another. */
  function leave(suspect: ClientHttp2Session): void {
    if (current === suspect) current = null
    suspect.close()
  }

  function exchange({ path, headers, body }: Http2Request, signal: AbortSignal): Promise<Http2Response> {
    const used = session()
    return new Promise((settle, reject) => {
      const request = used.request({ ':method': 'POST', ':path': path, ...headers }, { signal })
      const chunks: Buffer[] = []
      let [size, received] = [0, null as IncomingHttpHeaders | null]
      const finish = () => {
        const status = Number(received?.[':status'] ?? 0)
        if (received && status > 0)
          settle({ status, headers: received, body: Buffer.concat(chunks).toString('utf8', 0, MAX_RESPONSE_BYTES) })
        else reject(new Error('The stream was closed without a response.'))
      }
      request.on('response', (answer) => (received = answer))
      request.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.byteLength
        if (size < MAX_RESPONSE_BYTES) return
        finish()
        request.close(constants.NGHTTP2_CANCEL)
      })
      request.on('error', (error: Error) => {
        if (signal.aborted) leave(used)
        reject(error)
      })
      request.on('close', finish)
      request.end(body)
    })
  }

  return {
    /** Sends a POST. Throws an {@link OutboundFailure}. */
    async post(request: Http2Request): Promise<Http2Response> {
      const timeout = AbortSignal.timeout(timeoutMs)
      try {
        return await exchange(request, AbortSignal.any([timeout, request.signal]))
      } catch (error) {
        if (timeout.aborted) throw new OutboundFailure('TIMEOUT', `No response within ${timeoutMs / 1000} s.`)
        const { code } = error as NodeJS.ErrnoException
        const suffix = typeof code === 'string' ? ` (${code})` : ''
        throw new OutboundFailure('UNREACHABLE', `The host can't be reached${suffix}.`, error)
      }
    },

    /** Shows whether the other side responds. */
    ping: (): Promise<void> =>
      new Promise((settle, reject) => {
        const used = session()
        used.once('error', reject)
        used.ping((error) => (error ? reject(error) : settle()))
      }),

    /** Requests that are under way end with an error. */
    close: (): void => {
      for (const each of open) each.destroy()
    },
  }
}
