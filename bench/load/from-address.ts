// Sends requests from any loopback address, so that one client looks like several.
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'

export interface Timed {
  /** 0 if the connection failed. */
  status: number
  text: string
  headers: IncomingHttpHeaders
  milliseconds: number
}

/** Servers keep idle connections for longer: one that the server is just closing would fail the next request. */
const IDLE_MS = 30_000

/** One client with connections of its own. Call `close` at the end. */
export function clientAt(localAddress: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, timeout: IDLE_MS })
  return {
    /** A GET without a body. */
    send(url: string, body?: string, more: OutgoingHttpHeaders = {}): Promise<Timed> {
      const begun = performance.now()
      const json = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body ?? '') }
      return new Promise((resolve) => {
        const finish = (status: number, text: string, headers: IncomingHttpHeaders = {}) =>
          resolve({ status, text, headers, milliseconds: performance.now() - begun })
        const method = body === undefined ? 'GET' : 'POST'
        const options = { method, agent, localAddress, headers: { ...json, ...more } }
        const sent = request(url, options, (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
          response.on('error', () => finish(0, text))
          response.on('end', () => finish(response.statusCode ?? 0, text, response.headers))
        })
        sent.on('error', ({ message }) => finish(0, message))
        sent.end(body)
      })
    },
    close: () => agent.destroy(),
  }
}
