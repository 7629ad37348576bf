// Tells whether a response is being sent on a connection.
import type { Duplex } from 'node:stream'

/** Where Node.js keeps the response that a connection is for now. Its own handler of `clientError` looks there too. */
interface WithResponse {
  readonly _httpMessage?: { readonly headersSent: boolean } | null
}

/** Then an error that is written to the connection would become a part of the response. */
export const hasBegunResponse = (socket: Duplex): boolean => (socket as WithResponse)._httpMessage?.headersSent === true
