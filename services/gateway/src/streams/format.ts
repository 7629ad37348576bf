// How a stream is written in the protocol of a client.
import type { Failure } from '../http/failure.js'

export interface StreamFormat {
  readonly headers: Readonly<Record<string, string>>
  /** Sent at once, so that the client knows that the stream is open. */
  readonly beginning: string | null
  readonly message: (encoded: Uint8Array) => string | Uint8Array
  /** The end, or the error that ends it. Null: the end of the body is enough. */
  readonly end: (failure: Failure | null) => string | Uint8Array | null
  /** Sent while there is nothing else, so that nothing between takes the connection for a dead one. Null: the protocol has none. */
  readonly heartbeat: string | null
}
