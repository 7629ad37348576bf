// Signs requests as Standard Webhooks wants it: https://www.standardwebhooks.com.
import { createHmac } from 'node:crypto'

interface Message {
  /** The same in every attempt, so that a receiver recognizes what it has seen. */
  id: string
  /** When this attempt is made, in Unix seconds. Receivers refuse old ones. */
  timestamp: number
  body: string
}

/** The headers of a request. One signature for each secret: receivers accept it if they know any of them. */
export function signedHeaders(
  { id, timestamp, body }: Message,
  secrets: readonly Uint8Array[],
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
    return `v1,${signature}`
  })
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  }
}
