// Sends requests to the instances in turn, as a load balancer would.
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

export interface Answer {
  /** 0: the connection was lost, so a write may or may not have happened. */
  status: number
  /** The code of the first error. Empty without errors. */
  code: string
  data: Record<string, any> | null
  text: string
  sentAt: number
  answeredAt: number
}

export type Balancer = ReturnType<typeof createBalancer>

/** Longer than anything in docs/operations.md takes. */
export const HANG_MS = 30_000
const REFUSED_PAUSE_MS = 20

/** `urls`: the instances that exist now, as GraphQL endpoints. */
export function createBalancer(urls: () => readonly string[]) {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  let turn = 0

  function attempt(url: string, body: string, token: string | undefined): Promise<Answer | 'not sent'> {
    const sentAt = performance.now()
    return new Promise((resolve) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(token && { authorization: `Bearer ${token}` }),
      }
      const lost = (status: number, text: string) => {
        resolve({ status, code: 'LOST', data: null, text, sentAt, answeredAt: performance.now() })
      }
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', (error) => lost(0, error.message))
        response.on('end', () => resolve(read(response.statusCode ?? 0, text, sentAt)))
      })
      sent.setTimeout(HANG_MS, () => sent.destroy(new Error(`no answer in ${HANG_MS / 1000} s`)))
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') resolve('not sent')
        else lost(0, error.message)
      })
      sent.end(body)
    })
  }

  return {
    /** Never rejects. Sends again only what no instance has received. */
    async call(query: string, variables: object = {}, token?: string): Promise<Answer> {
      const body = JSON.stringify({ query, variables })
      for (;;) {
        const all = urls()
        const answer = await attempt(all[(turn += 1) % all.length] ?? '', body, token)
        if (answer !== 'not sent') return answer
        await pause(REFUSED_PAUSE_MS)
      }
    },
    /** Calls every instance. */
    everywhere: (query: string, token: string): Promise<(Answer | 'not sent')[]> =>
      Promise.all(urls().map((url) => attempt(url, JSON.stringify({ query }), token))),
    close: () => agent.destroy(),
  }
}

function read(status: number, text: string, sentAt: number): Answer {
  const answeredAt = performance.now()
  try {
    const { data = null, errors = [] } = JSON.parse(text) as {
      data?: Record<string, any> | null
      errors?: { extensions?: { code?: string } }[]
    }
    return { status, code: errors[0] ? (errors[0].extensions?.code ?? 'NONE') : '', data, text, sentAt, answeredAt }
  } catch {
    return { status, code: 'NOT_JSON', data: null, text, sentAt, answeredAt }
  }
}
