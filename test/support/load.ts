import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { unique } from './client.js'

export interface Failure {
  id: string
  /** The system's name for it, or the status. */
  why: string
  /** It had been given an answer on this connection before. */
  reused: boolean
}

/** One GET over `agent`, for its status. Rejects with a {@link Failure}. */
export function get(url: string, agent: Agent, id = unique()): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers: { 'x-request-id': id } }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0)).once('error', fail)
    })
    const fail = (error: NodeJS.ErrnoException) =>
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- read by the tests, never thrown on
      reject({ id, why: error.code ?? error.message, reused: asked.reusedSocket } satisfies Failure)
    asked.once('error', fail).end()
  })
}

export const keptConnection = () => new Agent({ keepAlive: true, maxSockets: 1 })

/** Milliseconds between an answer and the same client's next request. */
const PACE = 5

export interface Load {
  answered: number
  failures: Failure[]
  /** Resolves when the last answer is in. */
  stop(): Promise<void>
}

/**
 * Clients that ask again and again, each until it fails: `kept` over a connection that they keep, `fresh` over a new one
 * for each request. They leave the machine some time for what is tested.
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
        await pause(PACE)
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
