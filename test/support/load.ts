import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { unique } from './client.js'

export interface Failure {
  id: string
  /** The error code of the system, or the HTTP status. */
  why: string
  /** Whether this connection had received a response before. */
  reused: boolean
}

/** Sends a GET over `agent`, and resolves to the status. Rejects with a {@link Failure}. */
export function get(url: string, agent: Agent, id = unique()): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, headers: { 'x-request-id': id } }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0)).once('error', fail)
    })
    const fail = (error: NodeJS.ErrnoException) =>
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- The tests read it, and never rethrow it.
      reject({ id, why: error.code ?? error.message, reused: outgoing.reusedSocket } satisfies Failure)
    outgoing.once('error', fail).end()
  })
}

export const keptConnection = () => new Agent({ keepAlive: true, maxSockets: 1 })

/** The pause between a response and the same client's next request. */
const PAUSE_MS = 20

export interface Load {
  answered: number
  failures: Failure[]
  /** Resolves after the last response. */
  stop(): Promise<void>
}

/**
 * Starts clients that send requests until one fails: `kept` of them over one connection each, `fresh` over a new one for
 * each request. They pause between requests to leave CPU time to the service under test.
 */
export function startLoad(url: string, { kept, fresh }: { kept: number; fresh: number }): Load {
  let stopped = false
  const load: Load = { answered: 0, failures: [], stop: () => stop() }
  async function client(agent: Agent): Promise<void> {
    try {
      while (!stopped) {
        const status = await get(url, agent)
        if (status === 200) load.answered += 1
        else load.failures.push({ id: '', why: String(status), reused: true })
        await pause(PAUSE_MS)
      }
    } catch (failure) {
      load.failures.push(failure as Failure)
    }
    agent.destroy()
  }
  const clients = [
    ...Array.from({ length: kept }, () => client(keptConnection())),
    ...Array.from({ length: fresh }, () => client(new Agent({ keepAlive: false }))),
  ]
  const stop = async () => {
    stopped = true
    await Promise.all(clients)
  }
  return load
}
