import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import type { Service } from '../../support/service.js'
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

describe.each(WEBHOOK_HOSTS)('webhooks %s', (_host, start) => {
  let hosted: HostedWebhooks
  let service: Service
  let receiver: Receiver
  let admin: SignedIn
  let webhooks: ReturnType<typeof webhooksOf>

  beforeAll(async () => {
    ;[hosted, receiver] = await Promise.all([start(WEBHOOK_ENVIRONMENT, {}), startReceiver()])
    service = hosted.service
    admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
    webhooks = webhooksOf(service, admin, hosted.database)
  })
  afterAll(async () => {
    await hosted.stop()
    await receiver.stop()
  })

  /** A webhook that gets only tests, with a path of its own. */
  async function quiet(path: string, answer?: Parameters<Receiver['answer']>[1]) {
    if (answer !== undefined) receiver.answer(path, answer)
    return webhooks.register(`${receiver.url}${path}`, { eventTypes: ['username.released'] })
  }

  describe('an event', () => {
    it('is sent to every webhook that wants it, signed as the reference library expects', async () => {
      const all = await webhooks.register(`${receiver.url}/all`)
      const some = await webhooks.register(`${receiver.url}/some`, { eventTypes: ['user.registered', 'user.deleted'] })
      const others = await webhooks.register(`${receiver.url}/others`, { eventTypes: ['user.deleted'] })
      const off = await webhooks.register(`${receiver.url}/off`, { enabled: false })
      const user = await service.register()
      for (const [path, { id, secret }] of Object.entries({ '/all': all, '/some': some })) {
        const request = await until(`${path} has it`, () =>
          receiver.on(path).find(({ body }) => body.includes(user.id)),
        )
        expect(request.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Postern' })
        expect(verified(secret, request)).toMatchObject({
          ...{ specversion: '1.0', id: request.id, type: 'user.registered', subject: user.id, seq: 1 },
          data: { email: user.email, username: user.username },
        })
        const delivery = await webhooks.once(id, ({ status }) => status === 'DELIVERED')
        expect(delivery).toMatchObject({ attempts: 1, lastResponseStatus: 204, lastFailure: null, nextAttemptAt: null })
      }
      for (const { id } of [others, off]) expect(await webhooks.deliveries(id)).toEqual([])
      for (const { id } of [all, some, others, off]) await webhooks.call(WEBHOOKS.delete, { id })
    })
  })

  describe('a receiver', () => {
    it('that answers 500 gets the event again, with the same id and a new signature', async () => {
      const { id, secret } = await quiet('/500', 500)
      // A test is sent once, so this stands for an event.
      await webhooks.test(id)
      await hosted.database.query("UPDATE webhook_deliveries SET type = 'username.released' WHERE endpoint_id = ?", [
        id,
      ])
      await until('it has failed', () => receiver.on('/500').length > 0)
      await webhooks.once(id, ({ lastFailure }) => lastFailure !== null)
      await webhooks.call(WEBHOOKS.replay, { id: (await webhooks.deliveries(id))[0]!['id'] })
      await until('the replay has failed', async () => (await webhooks.find(id))['failingSince'])
      const waiting = await webhooks.once(id, ({ status, attempts, nextAttemptAt }) =>
        Boolean(status === 'PENDING' && attempts === 1 && new Date(nextAttemptAt as string) > new Date()),
      )
      expect(waiting).toMatchObject({ lastResponseStatus: 500, lastFailure: 'The receiver answered 500.' })
      await until('the failure is noted', async () => (await webhooks.find(id))['failingSince'] !== null)
      expect(await webhooks.find(id)).toMatchObject({ enabled: true })
      receiver.answer('/500', 200)
      await webhooks.makeDue(id)
      expect(await webhooks.once(id, ({ status }) => status === 'DELIVERED')).toMatchObject({ attempts: 2 })
      await until('the failure is forgotten', async () => (await webhooks.find(id))['failingSince'] === null)
      const requests = receiver.on('/500')
      expect(new Set(requests.map((request) => request.id)).size).toBe(1)
      for (const request of requests) verified(secret, request)
    })

    it('that redirects is not followed', async () => {
      const elsewhere = `${receiver.url}/elsewhere`
      const { id } = await quiet('/moved', (response) => response.writeHead(307, { location: elsewhere }).end())
      await webhooks.test(id)
      const { lastFailure } = await webhooks.once(id, ({ status }) => status === 'FAILED')
      expect(lastFailure).toBe('The receiver answered 307. Redirects are not followed.')
      expect(receiver.on('/elsewhere')).toEqual([])
    })

    it('whose name has a private address gets nothing', async () => {
      const port = new URL(receiver.url).port
      const { id } = await webhooks.register(`https://localhost:${port}/private`, { eventTypes: ['username.released'] })
      await webhooks.test(id)
      expect(await webhooks.once(id, ({ status }) => status === 'FAILED')).toMatchObject({
        lastResponseStatus: null,
        lastFailure: 'The host has an address of a private network.',
      })
    })

    it('that is slow, or has got as much as it may get, delays no other', async () => {
      let answerNow: (() => void) | null = null
      const slow = await quiet('/slow', (response) => (answerNow = () => response.end()))
      const paced = await quiet('/paced')
      const fast = await quiet('/fast')
      await webhooks.set(paced.id, 'paced_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR')
      for (const { id } of [slow, paced, fast]) await webhooks.test(id)
      await webhooks.once(fast.id, ({ status }) => status === 'DELIVERED')
      await until('the slow one is asked', () => answerNow)
      expect((await webhooks.deliveries(paced.id))[0]).toMatchObject({ status: 'PENDING', attempts: 0 })
      answerNow!()
      await webhooks.once(slow.id, ({ status }) => status === 'DELIVERED')
      await webhooks.set(paced.id, 'paced_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR')
      await webhooks.once(paced.id, ({ status }) => status === 'DELIVERED')
    })

    it('gets at most 60 requests a minute: ten at once, the others evenly', async () => {
      const { id } = await quiet('/many')
      const start = performance.now()
      for (let i = 0; i < 14; i++) await webhooks.test(id)
      await until('it has got ten', () => receiver.on('/many').length >= 10)
      const got = receiver.on('/many').length
      expect(got).toBeLessThanOrEqual(10 + Math.ceil((performance.now() - start) / 1200))
      await webhooks.set(id, 'paced_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR')
      await until('it has got all', () => new Set(receiver.on('/many').map((one) => one.id)).size === 14)
      expect(receiver.on('/many')).toHaveLength(14)
    })

    it('that is gone, or has failed for a day, gets no more: the audit log and the administrators know', async () => {
      const gone = await quiet('/gone', 410)
      const failing = await quiet('/failing', 503)
      await webhooks.set(failing.id, 'failing_since = UTC_TIMESTAMP(3) - INTERVAL 86390 SECOND')
      for (const { id } of [gone, failing]) {
        await webhooks.set(id, 'paced_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR')
        await webhooks.test(id)
        // A failed test says nothing about the events of the last day.
        await hosted.database.query("UPDATE webhook_deliveries SET type = 'username.released' WHERE endpoint_id = ?", [
          id,
        ])
        await webhooks.set(id, 'paced_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR')
      }
      await webhooks.once(gone.id, ({ status }) => status === 'FAILED')
      expect(await webhooks.once(failing.id, ({ attempts }) => attempts > 0)).toMatchObject({ status: 'PENDING' })
      await webhooks.set(failing.id, 'failing_since = failing_since - INTERVAL 1 DAY')
      await webhooks.makeDue(failing.id)
      const query = 'SELECT data FROM outbox WHERE user_id = ? AND type = ?'
      for (const [{ id }, reason] of [
        [gone, 'GONE'],
        [failing, 'FAILING'],
      ] as const) {
        await until('it is disabled', async () => (await webhooks.find(id))['enabled'] === false)
        expect(await webhooks.find(id)).toMatchObject({ disabledReason: reason })
        await until('the administrators are told', async () => {
          const events = await service.database.query<{ data: string }>(query, [admin.id, 'webhook.disabled'])
          return events.some(({ data }) => data === JSON.stringify({ webhookId: id, reason }))
        })
        const log =
          'query { auditLog(filter: { action: DISABLE_WEBHOOK }) { edges { node { actor facts { name value } } } } }'
        const { auditLog } = await service.succeed(log, {}, admin.token)
        expect(JSON.stringify(auditLog)).toContain(id)
      }
      receiver.answer('/failing', 200)
      await webhooks.call(WEBHOOKS.update, { id: failing.id, input: { enabled: true } })
      await webhooks.makeDue(failing.id)
      await webhooks.once(failing.id, ({ status }) => status === 'DELIVERED')
      expect(await webhooks.find(failing.id)).toMatchObject({ disabledReason: null, failingSince: null })
    })
  })
})
