import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import type { LogLine, Service } from '../../support/service.js'
import { until } from '../../support/wait.js'
import { type HostedWebhooks, WEBHOOK_HOSTS } from '../../support/webhook-hosts.js'
import {
  startReceiver,
  type Receiver,
  verified,
  WEBHOOK_ENVIRONMENT,
  WEBHOOKS,
  webhooksOf,
} from '../../support/webhooks.js'

const TESTS_ONLY = { eventTypes: ['username.released'] }
const NOTHING = '01936f6e-7c1b-7d5a-9f3e-3f1c6f6f2f10'

describe.each(WEBHOOK_HOSTS)('webhooks %s', (_host, start) => {
  let hosted: HostedWebhooks
  let service: Service
  let receiver: Receiver
  let admin: SignedIn
  let user: SignedIn
  let webhooks: ReturnType<typeof webhooksOf>
  const lines: LogLine[] = []

  beforeAll(async () => {
    const env = { ...WEBHOOK_ENVIRONMENT, LOG_LEVEL: 'debug' }
    const options = { onLine: (line: LogLine) => void lines.push(line) }
    ;[hosted, receiver] = await Promise.all([start(env, options), startReceiver()])
    service = hosted.service
    admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
    user = await service.signUp()
    webhooks = webhooksOf(service, admin, hosted.database)
  })
  afterAll(async () => {
    await hosted.stop()
    await receiver.stop()
  })

  /** The notification service is asked to replay before anyone knows that there is nothing to replay. */
  const audited = async (id: string): Promise<string[]> => {
    const rows = await service.database.query<{ action: string }>(
      "SELECT action FROM audit_entries WHERE facts LIKE ? AND facts NOT LIKE ? AND result = 'SUCCESS' ORDER BY id",
      [`%${id}%`, '%"deliveries":"0"%'],
    )
    return rows.map(({ action }) => action)
  }

  describe('webhooks', () => {
    it('are for administrators', async () => {
      const variables = { id: NOTHING, input: { url: receiver.url }, since: '2026-01-01T00:00:00Z' }
      for (const document of Object.values(WEBHOOKS)) {
        const needed = Object.fromEntries(Object.entries(variables).filter(([name]) => document.includes(`$${name}:`)))
        expect((await service.graphql(document, needed)).code).toBe('UNAUTHENTICATED')
        expect((await service.graphql(document, needed, user.token)).code).toBe('FORBIDDEN')
      }
    })

    it.each([
      [{ url: 'http://example.com/' }, 'url', 'The URL must start with https://.'],
      [{ url: 'https://192.168.1.1/' }, 'url', 'The URL must not be an address of a private network.'],
      [{ url: 'https://user:secret@example.com/' }, 'url', 'The URL must not contain a user name or a password.'],
      [{ url: 'example.com' }, 'url', 'The URL must be a URL of at most 2048 characters.'],
      [
        { url: 'https://example.com/', eventTypes: ['user.unknown'] },
        'eventTypes',
        /^Event types are: user\.registered, /,
      ],
      [
        { url: 'https://example.com/', eventTypes: ['mail.verification_requested'] },
        'eventTypes',
        /^Event types are: /,
      ],
      [{ url: 'https://example.com/', eventTypes: [] }, 'eventTypes', /at least one type/],
      [{ url: 'https://example.com/', description: 'x'.repeat(256) }, 'description', /at most 255 characters/],
    ])('refuse %j', async (input, path, message) => {
      const answer = await service.graphql(WEBHOOKS.register, { input }, admin.token)
      expect(answer.code).toBe('INVALID_INPUT')
      const [field] = answer.errors[0]!.extensions.fields!
      expect(field).toMatchObject({ path, message: expect.stringMatching(message) as string })
      expect(answer.text).not.toContain('secret@')
    })

    it('are registered, changed, listed page by page and deleted, each with an entry of the audit log', async () => {
      const url = `${receiver.url}/hook?token=in-the-url`
      const { id, secret } = await webhooks.register(url, { ...TESTS_ONLY, description: ' CRM ' })
      const other = await webhooks.register(`${receiver.url}/other`, { enabled: false })
      expect(await webhooks.find(id)).toMatchObject({ url, description: 'CRM', ...TESTS_ONLY, enabled: true })
      expect(await webhooks.find(other.id)).toMatchObject({ description: null, eventTypes: null, enabled: false })
      const input = { description: null, eventTypes: null }
      expect(await webhooks.call(WEBHOOKS.update, { id, input })).toMatchObject({ url, ...input, enabled: true })
      const first = await webhooks.call(WEBHOOKS.list, { first: 1 })
      expect([first.edges[0].node.id, first.pageInfo.hasNextPage]).toEqual([id, true])
      const second = await webhooks.call(WEBHOOKS.list, { first: 1, after: first.edges[0].cursor })
      expect([second.edges[0].node.id, second.pageInfo]).toEqual([
        other.id,
        { hasNextPage: false, hasPreviousPage: true },
      ])
      const node = 'query ($id: ID!) { node(id: $id) { __typename ... on Webhook { url } } }'
      expect((await service.succeed(node, { id }, admin.token)).node).toEqual({ __typename: 'Webhook', url })
      expect((await service.succeed(node, { id }, user.token)).node).toBeNull()
      for (const one of [id, other.id]) expect(await webhooks.call(WEBHOOKS.delete, { id: one })).toBe(true)
      expect(await audited(id)).toEqual(['REGISTER_WEBHOOK', 'UPDATE_WEBHOOK', 'DELETE_WEBHOOK'])
      const stored = JSON.stringify(await service.database.query('SELECT facts FROM audit_entries'))
      expect(stored).not.toContain('in-the-url')
      expect(stored).not.toContain(secret)
    })

    it('that do not exist are not found', async () => {
      for (const id of [NOTHING, 'nonsense'])
        for (const document of [WEBHOOKS.delete, WEBHOOKS.rotate, WEBHOOKS.test, WEBHOOKS.replay, WEBHOOKS.deliveries])
          expect((await service.graphql(document, { id }, admin.token)).code).toBe('NOT_FOUND')
      const input = { url: 'https://example.com/' }
      expect((await service.graphql(WEBHOOKS.update, { id: NOTHING, input }, admin.token)).code).toBe('NOT_FOUND')
      const since = '2026-01-01T00:00:00Z'
      expect((await service.graphql(WEBHOOKS.replayAll, { id: NOTHING, since }, admin.token)).code).toBe('NOT_FOUND')
    })

    it('that are disabled can not be tested', async () => {
      const { id } = await webhooks.register(`${receiver.url}/disabled`, { enabled: false })
      const answer = await service.graphql(WEBHOOKS.test, { id }, admin.token)
      expect([answer.code, answer.errors[0]!.message]).toEqual(['FORBIDDEN', 'Enable the webhook first.'])
      await webhooks.call(WEBHOOKS.delete, { id })
    })
  })

  describe('a secret', () => {
    it('is stored encrypted, and shown nowhere else', async () => {
      const { id, secret } = await webhooks.register(`${receiver.url}/secret`, TESTS_ONLY)
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
      await webhooks.test(id)
      await webhooks.once(id, ({ status }) => status === 'DELIVERED')
      const bytes = Buffer.from(secret.slice(6), 'base64')
      const [row] = await hosted.database.query<{ secret: Buffer }>(
        'SELECT secret FROM webhook_endpoints WHERE id = ?',
        [id],
      )
      expect(row!.secret.includes(bytes)).toBe(false)
      expect(JSON.stringify(await webhooks.find(id))).not.toContain(secret.slice(6))
      expect(lines.length).toBeGreaterThan(0)
      expect(JSON.stringify(lines)).not.toContain(secret.slice(6, 30))
    })

    it('that was rotated signs as well for a day; the one before it no more', async () => {
      const { id, secret: first } = await webhooks.register(`${receiver.url}/rotated`, TESTS_ONLY)
      const request = async (count: number) => {
        await webhooks.test(id)
        return until('it has it', () => receiver.on('/rotated')[count - 1])
      }
      const { secret: second, webhook } = await webhooks.call(WEBHOOKS.rotate, { id })
      const validUntil = new Date(webhook.previousSecretValidUntil as string).getTime()
      expect(Math.abs(validUntil - Date.now() - 86_400_000)).toBeLessThan(600_000)
      const both = await request(1)
      for (const secret of [first, second]) verified(secret, both)
      const { secret: third } = await webhooks.call(WEBHOOKS.rotate, { id })
      const later = await request(2)
      for (const secret of [second, third]) verified(secret, later)
      expect(() => verified(first, later)).toThrow()
      await webhooks.set(id, 'previous_until = UTC_TIMESTAMP(3)')
      const last = await request(3)
      verified(third, last)
      expect(() => verified(second, last)).toThrow()
      expect(await webhooks.find(id)).toMatchObject({ previousSecretValidUntil: null })
      expect(await audited(id)).toContain('ROTATE_WEBHOOK_SECRET')
    })
  })

  describe('deliveries', () => {
    it('are replayed with the same id: one, or all that have failed', async () => {
      receiver.answer('/replayed', 500)
      const { id } = await webhooks.register(`${receiver.url}/replayed`, TESTS_ONLY)
      for (let i = 0; i < 3; i++) await webhooks.test(id)
      await until('all have failed', async () => (await webhooks.deliveries(id, { status: 'FAILED' })).length === 3)
      const [newest] = await webhooks.deliveries(id, { first: 1 })
      receiver.answer('/replayed', 200)
      await webhooks.call(WEBHOOKS.replay, { id: newest!['id'] })
      await until('it is sent', async () => (await webhooks.deliveries(id, { status: 'DELIVERED' })).length === 1)
      expect(receiver.on('/replayed').at(-1)!.id).toBe(newest!['eventId'])
      const later = new Date(Date.now() + 3_600_000)
      expect(await webhooks.call(WEBHOOKS.replayAll, { id, since: later })).toBe(0)
      expect(await webhooks.call(WEBHOOKS.replayAll, { id, since: '2020-01-01T00:00:00Z' })).toBe(2)
      await until('all are sent', async () => (await webhooks.deliveries(id, { status: 'DELIVERED' })).length === 3)
      expect(receiver.on('/replayed')).toHaveLength(6)
      expect(new Set(receiver.on('/replayed').map((request) => request.id)).size).toBe(3)
      const oldest = await webhooks.deliveries(id, { last: 1 })
      expect(oldest[0]!['createdAt'] <= newest!['createdAt']).toBe(true)
      expect((await audited(id)).filter((action) => action === 'REPLAY_WEBHOOK')).toHaveLength(2)
    })

    it('that are waiting are not sent any more once their webhook is deleted', async () => {
      const { id } = await webhooks.register(`${receiver.url}/deleted`, TESTS_ONLY)
      const kept = await webhooks.register(`${receiver.url}/kept`, TESTS_ONLY)
      for (const one of [id, kept.id]) await webhooks.set(one, 'paced_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR')
      for (const one of [id, kept.id]) await webhooks.test(one)
      await webhooks.call(WEBHOOKS.delete, { id })
      const left = 'SELECT id FROM webhook_deliveries WHERE endpoint_id = ?'
      expect(await hosted.database.query(left, [id])).toEqual([])
      const old = 'UPDATE webhook_deliveries SET created_at = UTC_TIMESTAMP(3) - INTERVAL 8 DAY WHERE endpoint_id = ?'
      await hosted.database.query(old, [kept.id])
      await hosted.purge()
      expect(await webhooks.deliveries(kept.id)).toHaveLength(1)
      await webhooks.set(kept.id, 'paced_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR')
      await webhooks.once(kept.id, ({ status }) => status === 'DELIVERED')
      await hosted.purge()
      expect(await webhooks.deliveries(kept.id)).toEqual([])
      expect(receiver.on('/deleted')).toEqual([])
    })
  })
})
