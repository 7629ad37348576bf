import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { SignedIn } from './client.js'
import type { Service } from './service.js'
import { until } from './wait.js'

/** Where the receivers of tests are. */
export const WEBHOOK_ENVIRONMENT = { OUTBOUND_ALLOWED_HOSTS: '127.0.0.1' }

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
  id: string
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>

/** A receiver of webhooks. `answer` says what it answers; by default 204. */
export async function startReceiver() {
  const received: Received[] = []
  const answers = new Map<string, (response: ServerResponse) => void>()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const path = request.url ?? ''
      received.push({ path, headers: request.headers, body, id: String(request.headers['webhook-id']) })
      const answer = answers.get(path)
      if (answer) answer(response)
      else response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    on: (path: string) => received.filter((one) => one.path === path),
    answer: (path: string, answer: number | ((response: ServerResponse) => void)) =>
      answers.set(path, typeof answer === 'number' ? (response) => void response.writeHead(answer).end() : answer),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Verifies a request with the reference library, and returns the event. Throws if its signature is wrong. */
export const verified = (secret: string, { body, headers }: Received) =>
  new Webhook(secret).verify(body, headers as Record<string, string>) as Record<string, unknown>

const WEBHOOK = `{ id url description eventTypes enabled disabledReason failingSince previousSecretValidUntil createdAt updatedAt }`
const DELIVERY = `{ id webhookId eventId eventType status attempts lastAttemptAt lastResponseStatus lastFailure
  nextAttemptAt createdAt }`

export const WEBHOOKS = {
  register: `mutation ($input: RegisterWebhookInput!) { registerWebhook(input: $input) { secret webhook ${WEBHOOK} } }`,
  update: `mutation ($id: ID!, $input: UpdateWebhookInput!) { updateWebhook(id: $id, input: $input) ${WEBHOOK} }`,
  delete: 'mutation ($id: ID!) { deleteWebhook(id: $id) }',
  rotate: `mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret webhook ${WEBHOOK} } }`,
  test: `mutation ($id: ID!) { testWebhook(id: $id) ${DELIVERY} }`,
  replay: `mutation ($id: ID!) { replayWebhookDelivery(id: $id) ${DELIVERY} }`,
  replayAll: 'mutation ($id: ID!, $since: DateTime!) { replayWebhookDeliveries(webhookId: $id, since: $since) }',
  list: `query ($first: Int, $after: ID) { webhooks(first: $first, after: $after) {
    edges { cursor node ${WEBHOOK} } pageInfo { hasNextPage hasPreviousPage } } }`,
  deliveries: `query ($id: ID!, $status: WebhookDeliveryStatus, $first: Int, $after: ID, $last: Int) {
    webhookDeliveries(webhookId: $id, status: $status, first: $first, after: $after, last: $last) {
      edges { cursor node ${DELIVERY} } pageInfo { hasNextPage hasPreviousPage } } }`,
}

const nodesOf = (edges: { node: Record<string, any> }[]) => edges.map(({ node }) => node)

/** What tests do with the webhooks of a service, as an administrator. `database`: where the webhooks are. */
export function webhooksOf(
  service: Pick<Service, 'succeed' | 'database'>,
  admin: SignedIn,
  database: Pick<Service['database'], 'query'> = service.database,
) {
  const call = async (document: string, variables: object) => {
    const data = await service.succeed(document, variables, admin.token)
    return Object.values(data)[0]
  }
  const deliveries = async (id: string, page: object = {}): Promise<Record<string, any>[]> => {
    const { edges } = await call(WEBHOOKS.deliveries, { id, ...page })
    return nodesOf(edges)
  }
  return {
    call,
    deliveries,
    async register(url: string, input: object = {}): Promise<{ id: string; secret: string }> {
      const { secret, webhook } = await call(WEBHOOKS.register, { input: { url, ...input } })
      return { id: webhook.id, secret }
    },
    /** Returns the delivery. */
    test: (id: string) => call(WEBHOOKS.test, { id }) as Promise<{ id: string; eventId: string }>,
    /** Resolves with the only delivery of this webhook once `condition` holds for it. */
    once: (id: string, condition: (delivery: Record<string, any>) => boolean) =>
      until('the delivery is as expected', async () => {
        const [delivery] = await deliveries(id)
        return delivery && condition(delivery) ? delivery : null
      }),
    async find(id: string): Promise<Record<string, any>> {
      const { edges } = await call(WEBHOOKS.list, { first: 100 })
      return nodesOf(edges).find((node) => node['id'] === id)!
    },
    /** As if so much time had passed: what is waiting is due. */
    makeDue: (id: string) =>
      database.query(
        "UPDATE webhook_deliveries SET due_at = UTC_TIMESTAMP(3) WHERE endpoint_id = ? AND status = 'PENDING'",
        [id],
      ),
    /** Changes the row of the webhook. */
    set: (id: string, assignment: string) =>
      database.query(`UPDATE webhook_endpoints SET ${assignment} WHERE id = ?`, [id]),
  }
}
