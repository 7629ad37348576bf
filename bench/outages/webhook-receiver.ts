// An HTTP server on loopback that receives webhooks, and verifies their signatures with the reference library.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { type Arrivals, createArrivals } from './arrivals.ts'

export interface WebhookReceiver {
  url: string
  /** By webhook-id, which is the id of the event. No event is sent to two webhooks here. */
  webhooks: Arrivals
  /** The secrets by path. */
  secrets: Map<string, string>
  /** Requests whose signature is wrong. */
  forged(): number
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const webhooks = createArrivals()
  const secrets = new Map<string, string>()
  let forged = 0
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { url = '', headers } = request
      try {
        new Webhook(secrets.get(url) ?? '').verify(body, headers as Record<string, string>)
      } catch {
        forged += 1
      }
      webhooks.add(String(headers['webhook-id']), { at: performance.now(), content: body, sender: url })
      response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onStop(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, webhooks, secrets, forged: () => forged }
}
