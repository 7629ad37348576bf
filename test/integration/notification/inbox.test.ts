import { randomUUID } from 'node:crypto'
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js'
import { NotificationCategory as Category, type StreamNotificationsResponse } from '@postern/proto/notification'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { ageProof } from '../../support/factors.js'
import { bearer, failureOf, readFailure } from '../../support/grpc.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { asService } from '../../support/service-keys.js'
import { type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

let postern: Service
let service: Notification
/** Another process with the same database. */
let other: Notification

beforeAll(async () => {
  ;[postern, service] = await Promise.all([startService(), startNotification()])
  other = await startNotification({}, { database: service.database })
})
afterAll(async () => {
  await other.stop()
  await Promise.all([service.stop(), postern.stop()])
})

const send = async (userId: string, more: object = {}, to = service) => {
  const text = { category: Category.WORKFLOW, title: 'Done', body: 'It is done.', idempotencyKey: randomUUID() }
  return (await to.rpc.sendNotification({ userId, ...text, ...more }, asService())).notification!.id
}

/** What a stream has sent, and how it ended. */
function follow(stream: ClientReadableStream<StreamNotificationsResponse>) {
  const messages: StreamNotificationsResponse[] = []
  const seen = { failure: null as ServiceError | null }
  stream.on('data', (message: StreamNotificationsResponse) => messages.push(message))
  stream.on('error', (error: ServiceError) => (seen.failure = error))
  return {
    messages,
    seen,
    ids: () => messages.flatMap(({ notification }) => notification?.id ?? []),
    end: () => stream.cancel(),
  }
}

const promote = (email: string) => postern.app.services.accounts.roles.setRole({ email }, 'ADMIN', null)

describe('the list in the app', () => {
  it('has pages, filters and a count, and what is read is read', async () => {
    const ada = await postern.signUp()
    const ids: string[] = []
    for (let n = 0; n < 5; n++)
      ids.push(await send(ada.id, { category: n === 2 ? Category.SECURITY : Category.SYSTEM, title: `No. ${n}` }))
    const list = (request: object) => service.rpc.listNotifications(request, bearer(ada.token))
    const first = await list({ pagination: { pageSize: 3 } })
    expect(first).toMatchObject({ unreadCount: 5, pagination: { pageSize: 3 } })
    const second = await list({ pagination: { pageSize: 3, pageToken: first.pagination?.nextPageToken } })
    expect([...first.notifications, ...second.notifications].map(({ id }) => id)).toEqual(ids.toReversed())
    expect(second.pagination?.nextPageToken).toBe('')
    expect((await list({ category: Category.SECURITY })).notifications.map(({ id }) => id)).toEqual([ids[2]])

    const mark = (request: object) => service.rpc.markAsRead(request, bearer(ada.token))
    expect(await mark({ notificationIds: [ids[4], randomUUID(), 'x'] })).toMatchObject({
      markedCount: 1,
      unreadCount: 4,
    })
    expect(await mark({ upToId: ids[1] })).toMatchObject({ markedCount: 2, unreadCount: 2 })
    expect(await mark({ upToId: ids[1] })).toMatchObject({ markedCount: 0, unreadCount: 2 })
    const unread = await list({ unreadOnly: true })
    expect(unread.notifications.map(({ id }) => id)).toEqual([ids[3], ids[2]])
  })

  it.each([
    ['listNotifications', 'pagination.page_token', { pagination: { pageToken: 'x' } }],
    ['listNotifications', 'pagination.page_size', { pagination: { pageSize: 101 } }],
    ['listNotifications', 'category', { category: 99 }],
    ['markAsRead', 'notification_ids', {}],
    ['markAsRead', 'up_to_id', { upToId: 'x' }],
    ['markAsRead', 'notification_ids', { notificationIds: Array<string>(101).fill('x') }],
  ] as const)('%s is refused for a wrong %s', async (rpc, path, request) => {
    const failure = await failureOf(service.rpc[rpc]({ userId: randomUUID(), ...request } as never, asService()))
    expect(failure).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path }] })
  })
})

describe('who may', () => {
  let ada: SignedIn, bob: SignedIn, root: SignedIn
  beforeAll(async () => {
    ada = await postern.signUp()
    bob = await postern.signUp()
    root = await postern.signUpAdmin(promote)
  })

  it('is decided for each RPC: users act on what is theirs, administrators may read, services may do everything', async () => {
    const id = await send(ada.id)
    const named = { userId: ada.id }
    const settings = { ...named, timeZone: 'Europe/Berlin' }
    const text = { category: Category.SYSTEM, title: 'Hello', body: 'World' }
    const calls: Record<string, (as: object) => Promise<unknown>> = {
      list: (as) => service.rpc.listNotifications(named, as),
      getSettings: (as) => service.rpc.getNotificationSettings(named, as),
      devices: (as) => service.rpc.listPushDevices(named, as),
      get: (as) => service.rpc.getNotification({ notificationId: id }, as),
      mark: (as) => service.rpc.markAsRead({ ...named, notificationIds: [id] }, as),
      settings: (as) => service.rpc.updateNotificationSettings(settings, as),
      send: (as) => service.rpc.sendNotification({ ...named, ...text, idempotencyKey: randomUUID() }, as),
      deadLetters: (as) => service.rpc.listDeadLetters({}, as),
      replay: (as) => service.rpc.replayDeadLetters({ deliveryIds: [randomUUID()] }, as),
    }
    const outcome = async (call: Promise<unknown>) =>
      call.then(
        () => 'ok',
        (error: unknown) => readFailure(error as ServiceError).code,
      )
    const callers = { ada: bearer(ada.token), bob: bearer(bob.token), admin: bearer(root.token), service: asService() }
    const rows = await Promise.all(
      Object.entries(calls).map(async ([name, call]) => [
        name,
        ...(await Promise.all(Object.values(callers).map((as) => outcome(call(as))))),
        await outcome(call({})),
      ]),
    )
    const no = 'FORBIDDEN'
    expect(rows).toEqual([
      ['list', 'ok', no, 'ok', 'ok', 'UNAUTHENTICATED'],
      ['getSettings', 'ok', no, 'ok', 'ok', 'UNAUTHENTICATED'],
      ['devices', 'ok', no, 'ok', 'ok', 'UNAUTHENTICATED'],
      // Others learn nothing of it.
      ['get', 'ok', 'NOT_FOUND', 'ok', 'ok', 'UNAUTHENTICATED'],
      ['mark', 'ok', no, no, 'ok', 'UNAUTHENTICATED'],
      ['settings', 'ok', no, no, 'ok', 'UNAUTHENTICATED'],
      ['send', no, no, 'ok', 'ok', 'UNAUTHENTICATED'],
      ['deadLetters', no, no, 'ok', 'ok', 'UNAUTHENTICATED'],
      ['replay', no, no, 'ok', 'ok', 'UNAUTHENTICATED'],
    ])
  })

  it('sends in the name of the product: an administrator with a recent proof, whose security notices have a limit too', async () => {
    const admin = await postern.signUpAdmin(promote)
    const limited = await startNotification({ NOTIFICATION_SENDER_RATE: '2' }, { database: service.database })
    const send = (as: object) =>
      limited.rpc
        .sendNotification(
          { userId: ada.id, category: Category.SECURITY, title: 'Hello', body: 'Ada.', idempotencyKey: randomUUID() },
          as,
        )
        .then(
          () => 'ok',
          (error: unknown) => readFailure(error as ServiceError).code,
        )
    const sendTen = (as: object) => Promise.all(Array.from({ length: 10 }, () => send(as)))
    expect(await send(bearer((await ageProof(postern, admin, 601)).token))).toBe('REAUTHENTICATION_REQUIRED')
    // The minute may change in between.
    expect((await sendTen(bearer(root.token))).filter((code) => code === 'RATE_LIMITED').length).toBeGreaterThanOrEqual(
      6,
    )
    expect(new Set(await sendTen(asService()))).toEqual(new Set(['ok']))
    await limited.stop()
  })
})

describe('a stream', () => {
  it('sends what arrives, also in another process, and the count when something is read', async () => {
    const ada = await postern.signUp()
    const stream = follow(service.rpc.streamNotifications({}, bearer(ada.token)))
    await until('the stream is open', () => stream.messages.length > 0)
    expect(stream.messages[0]).toMatchObject({ unreadCount: 0 })
    const ids = [await send(ada.id), await send(ada.id, {}, other), await send(ada.id)]
    await until('all have arrived', () => stream.ids().length === 3)
    expect(stream.ids()).toEqual(ids)
    await other.rpc.markAsRead({ upToId: ids[1] }, bearer(ada.token))
    await until('the count has arrived', () => stream.messages.at(-1)?.unreadCount === 1)
    stream.end()
  })

  it('resumes after what its client has, and loses nothing in between', async () => {
    const ada = await postern.signUp()
    const ids: string[] = []
    for (let n = 0; n < 120; n++)
      ids.push(await send(ada.id, { category: n % 2 ? Category.SECURITY : Category.SYSTEM }))
    const shown = (await service.rpc.listNotifications({ pagination: { pageSize: 100 } }, bearer(ada.token)))
      .notifications
    const known = shown.at(-1)?.id ?? ''
    const stream = follow(service.rpc.streamNotifications({ afterId: known }, bearer(ada.token)))
    await until('the others have arrived', () => stream.ids().length === shown.length - 1)
    expect(stream.ids()).toEqual(
      shown
        .map(({ id }) => id)
        .toReversed()
        .slice(1),
    )
    stream.end()
  })

  it('ends when the session does', async () => {
    const ada = await postern.signUp()
    const stream = follow(service.rpc.streamNotifications({}, bearer(ada.token)))
    await until('the stream is open', () => stream.messages.length > 0)
    await postern.succeed('mutation { logout }', {}, ada.token)
    const failure = await until('the stream has ended', () => stream.seen.failure)
    expect(readFailure(failure)).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('of another person is refused', async () => {
    const [ada, bob] = [await postern.signUp(), await postern.signUp()]
    const stream = follow(service.rpc.streamNotifications({ userId: ada.id }, bearer(bob.token)))
    expect(readFailure(await until('it is refused', () => stream.seen.failure))).toMatchObject({ code: 'FORBIDDEN' })
  })

  it('ends when the process stops, so that its client goes on at another one', async () => {
    const ada = await postern.signUp()
    const draining = await startNotification({}, { database: service.database })
    const stream = follow(draining.rpc.streamNotifications({}, bearer(ada.token)))
    await until('the stream is open', () => stream.messages.length > 0)
    const first = await send(ada.id)
    await until('it has arrived', () => stream.ids().includes(first))
    await draining.stop()
    const failure = await until('the stream has ended', () => stream.seen.failure)
    expect(readFailure(failure)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    const second = await send(ada.id)
    const resumed = follow(other.rpc.streamNotifications({ afterId: first }, bearer(ada.token)))
    await until('the next one has arrived', () => resumed.ids().length > 0)
    expect(resumed.ids()).toEqual([second])
    resumed.end()
  })
})
