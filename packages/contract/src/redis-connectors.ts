// How ioredis opens its sockets, such that no error of a socket is unhandled.
import { createConnection, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

interface Options {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly family?: number
  readonly tls?: ConnectionOptions
  readonly disconnectTimeout: number
}

/**
 * ioredis handles only the first error of a socket. One with TLS that is closed during the handshake can emit two: the
 * certificate is refused, then the server complains about the end of the handshake. The second would end the process.
 */
function handleErrors<Stream extends Socket>(stream: Stream): Stream {
  return stream.on('error', () => undefined)
}

/** Replaces the connector of ioredis 5 and 6 for one server, which they don't export, and does the same. */
export class ServerConnector {
  /** ioredis reads it if the socket fails before it listens. */
  firstError: Error | undefined
  private connecting = false
  private stream: Socket | undefined

  constructor(private readonly options: Options) {}

  check(): boolean {
    return true
  }

  async connect(): Promise<Socket> {
    this.connecting = true
    this.firstError = undefined
    await new Promise((resolve) => process.nextTick(resolve))
    // disconnect() may have been called.
    if (!this.isConnecting()) throw new Error('Connection is closed.')
    const { host = 'localhost', port = 6379, path, family, tls } = this.options
    const address = path ? { path } : { host, port, ...(family !== undefined && { family }) }
    const stream = handleErrors(tls ? connectTls({ ...address, ...tls }) : createConnection(address))
    stream.once('error', (error: Error) => (this.firstError = error))
    return (this.stream = stream)
  }

  private isConnecting(): boolean {
    return this.connecting
  }

  disconnect(): void {
    this.connecting = false
    const { stream } = this
    if (!stream || stream.destroyed) return
    const timer = setTimeout(() => stream.destroy(), this.options.disconnectTimeout)
    stream.once('close', () => clearTimeout(timer))
    stream.end()
  }
}

/**
 * Returns the same for the connector of ioredis that asks Sentinels, which it exports. `disconnect()` also ends the connection
 * to the Sentinel that has not answered yet, for which ioredis would wait.
 */
export function sentinelConnector<Class>(base: Class): Class {
  class HandlingErrors extends (base as unknown as SentinelConnectorClass) {
    private sentinel: { disconnect(): void } | undefined

    override async connect(onError: unknown): Promise<Socket> {
      return handleErrors(await super.connect(onError))
    }

    /** Not public: creates the client of a Sentinel. */
    override connectToSentinel(endpoint: unknown, options: object = {}) {
      const { disconnectTimeout } = this.options
      this.sentinel = super.connectToSentinel(endpoint, { disconnectTimeout, ...options, Connector: ServerConnector })
      return this.sentinel
    }

    override disconnect(): void {
      super.disconnect()
      this.sentinel?.disconnect()
    }
  }
  return HandlingErrors as unknown as Class
}

type SentinelConnectorClass = new (options: unknown) => {
  readonly options: Pick<Options, 'disconnectTimeout'>
  connect(onError: unknown): Promise<Socket>
  connectToSentinel(endpoint: unknown, options?: object): { disconnect(): void }
  disconnect(): void
}
