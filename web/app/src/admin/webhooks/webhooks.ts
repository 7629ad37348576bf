// The operations on webhooks.
import { client } from '../../service.js'
import { type Connection, PAGE_INFO } from '../list/use-pages.js'

export interface Webhook {
  readonly id: string
  readonly url: string
  readonly description: string | null
  readonly eventTypes: readonly string[] | null
  readonly enabled: boolean
  readonly disabledReason: 'GONE' | 'FAILING' | null
  readonly failingSince: string | null
  readonly previousSecretValidUntil: string | null
  readonly createdAt: string
}

export interface WebhookDelivery {
  readonly id: string
  readonly eventType: string
  readonly status: 'PENDING' | 'DELIVERED' | 'FAILED'
  readonly attempts: number
  readonly lastAttemptAt: string | null
  readonly lastResponseStatus: number | null
  readonly lastFailure: string | null
  readonly nextAttemptAt: string | null
  readonly createdAt: string
}

export interface NewWebhookInput {
  readonly url: string
  readonly description: string | null
  readonly eventTypes: readonly string[] | null
}

const PAGE = 25

const WEBHOOK = 'id url description eventTypes enabled disabledReason failingSince previousSecretValidUntil createdAt'
const DELIVERY = 'id eventType status attempts lastAttemptAt lastResponseStatus lastFailure nextAttemptAt createdAt'

const WEBHOOKS = `query($first:Int,$after:ID){webhooks(first:$first,after:$after){edges{node{${WEBHOOK}}}${PAGE_INFO}}}`
const ONE = `query($id:ID!){node(id:$id){...on Webhook{${WEBHOOK}}}}`
const DELIVERIES =
  'query($webhookId:ID!,$first:Int,$after:ID){webhookDeliveries(webhookId:$webhookId,first:$first,after:$after)' +
  `{edges{node{${DELIVERY}}}${PAGE_INFO}}}`
const REGISTER = 'mutation($input:RegisterWebhookInput!){registerWebhook(input:$input){webhook{id}secret}}'
const UPDATE = 'mutation($id:ID!,$input:UpdateWebhookInput!){updateWebhook(id:$id,input:$input){id}}'
const DELETE = 'mutation($id:ID!){deleteWebhook(id:$id)}'
const ROTATE = 'mutation($id:ID!){rotateWebhookSecret(id:$id){secret}}'
const TEST = 'mutation($id:ID!){testWebhook(id:$id){id}}'
const REPLAY = 'mutation($id:ID!){replayWebhookDelivery(id:$id){id}}'

export const webhooks = async (after: string | null): Promise<Connection<Webhook>> =>
  (await client.request<{ webhooks: Connection<Webhook> }>(WEBHOOKS, { first: PAGE, after })).webhooks

/** Null if there is none with this id. */
export async function webhook(id: string): Promise<Webhook | null> {
  const { node } = await client.request<{ node: Partial<Webhook> | null }>(ONE, { id })
  // It can also be the id of something else.
  return node?.url === undefined ? null : (node as Webhook)
}

export async function webhookDeliveries(webhookId: string, after: string | null): Promise<Connection<WebhookDelivery>> {
  const variables = { webhookId, first: PAGE, after }
  const data = await client.request<{ webhookDeliveries: Connection<WebhookDelivery> }>(DELIVERIES, variables)
  return data.webhookDeliveries
}

/** Resolves to the secret, which can't be read again. */
export async function registerWebhook(input: NewWebhookInput): Promise<string> {
  const data = await client.request<{ registerWebhook: { secret: string } }>(REGISTER, { input })
  return data.registerWebhook.secret
}

/** Resolves to the new secret, which can't be read again. */
export const rotateWebhookSecret = async (id: string): Promise<string> =>
  (await client.request<{ rotateWebhookSecret: { secret: string } }>(ROTATE, { id })).rotateWebhookSecret.secret

export const enableWebhook = (id: string, enabled: boolean) => client.request(UPDATE, { id, input: { enabled } })
export const deleteWebhook = (id: string) => client.request(DELETE, { id })
export const testWebhook = (id: string) => client.request(TEST, { id })
export const replayWebhookDelivery = (id: string) => client.request(REPLAY, { id })
