import { NotificationCategory } from '@postern/proto/notification'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { type Service, startService } from '../../support/service.js'
import { asService } from '../../support/service-keys.js'
import { bearer, follow, overSse, overWebSocket } from '../../support/subscriptions.js'
import { until } from '../../support/wait.js'

const LIST = `query ($first: Int, $after: ID, $unread: Boolean, $category: NotificationCategory) {
  notifications(first: $first, after: $after, unread: $unread, category: $category) {
    edges { cursor node { id title body category readAt } } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
  unreadNotificationCount
}`
const MARK = 'mutation ($ids: [ID!], $upTo: ID) { markNotificationsRead(ids: $ids, upTo: $upTo) }'
const SETTINGS = `{ locale timeZone quietHours { enabled start end } digestTime digestWeekday
  categories { category channels { channel enabled } digest } }`
const CHANGE = `mutation ($input: UpdateNotificationSettingsInput!) { updateNotificationSettings(input: $input) ${SETTINGS} }`
const REGISTER = 'mutation ($input: RegisterPushDeviceInput!) { registerPushDevice(input: $input) { id kind name } }'
const REMOVE = 'mutation ($id: ID!) { removePushDevice(id: $id) }'
const RECEIVED = 'subscription { notificationReceived { notification { title } unreadCount } }'

let [notification, service, user] = [] as unknown as [Notification, Service, SignedIn]
beforeAll(async () => {
  notification = await startNotification()
  service = await startService(notification.access)
  user = await service.signUp()
})
afterAll(async () => {
  await service.stop()
  await notification.stop()
})

let sent = 0
const send = (title: string, to = user, category = NotificationCategory.WORKFLOW) =>
  notification.rpc.sendNotification(
    { userId: to.id, category, title, body: `${title}.`, idempotencyKey: `test-${++sent}` },
    asService(),
  )

const ask = (query: string, variables: object = {}, by = user) => service.succeed(query, variables, by.token)

const titlesOf = (page: { notifications: { edges: { node: { title: string } }[] } }) =>
  page.notifications.edges.map(({ node }) => node.title)

/** In the list, once the service has put them there. */
const listed = (count: number, by = user) =>
  until('the notifications are listed', async () => {
    const page = (await ask(LIST, {}, by)) as Parameters<typeof titlesOf>[0] & Record<string, any>
    return page.notifications.edges.length === count ? page : null
  })

describe('a signed-in person', () => {
  it('reads their notifications in pages, by category, and those that are new', async () => {
    for (const title of ['One', 'Two', 'Three']) await send(title)
    await send('Four', user, NotificationCategory.INTEGRATION)
    const all = await listed(4)
    expect(titlesOf(all)).toEqual(['Four', 'Three', 'Two', 'One'])
    expect(all['unreadNotificationCount']).toBe(4)

    const first = await ask(LIST, { first: 3 })
    expect(first.notifications.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const { endCursor } = first.notifications.pageInfo
    const second = await ask(LIST, { first: 3, after: endCursor })
    expect(titlesOf(second as never)).toEqual(['One'])
    expect(second.notifications.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const middle = await ask(LIST, { first: 2, after: first.notifications.edges[0].cursor })
    expect(titlesOf(middle as never)).toEqual(['Three', 'Two'])
    expect(titlesOf((await ask(LIST, { category: 'INTEGRATION' })) as never)).toEqual(['Four'])

    const { id } = first.notifications.edges[0].node
    expect(await ask(MARK, { ids: [id] })).toEqual({ markNotificationsRead: 3 })
    expect(titlesOf((await ask(LIST, { unread: true })) as never)).toEqual(['Three', 'Two', 'One'])
    expect(await ask(MARK, { upTo: id })).toEqual({ markNotificationsRead: 0 })
    expect((await ask('{ unreadNotificationCount }')).unreadNotificationCount).toBe(0)
    const other = await service.signUp()
    expect(titlesOf((await ask(LIST, {}, other)) as never)).toEqual([])
  })

  it('chooses how to get them', async () => {
    const quietHours = { enabled: true, start: '22:00', end: '07:00' }
    const marketing = { category: 'MARKETING', channels: [{ channel: 'EMAIL', enabled: false }], digest: 'WEEKLY' }
    const input = { timeZone: 'Europe/Berlin', quietHours, digestWeekday: 5, categories: [marketing] }
    const { updateNotificationSettings: changed } = await ask(CHANGE, { input })
    expect(changed).toMatchObject({ timeZone: 'Europe/Berlin', quietHours, digestWeekday: 5 })
    expect(changed.categories).toContainEqual(expect.objectContaining({ category: 'MARKETING', digest: 'WEEKLY' }))
    expect((await ask(`{ notificationSettings ${SETTINGS} }`)).notificationSettings).toEqual(changed)
  })

  it('takes everything along with the data of the account: settings, devices and the whole list', async () => {
    const person = await service.signUp()
    await ask(CHANGE, { input: { timeZone: 'Europe/Berlin' } }, person)
    await ask(REGISTER, { input: { name: 'Phone', fcmToken: 'e'.repeat(152) } }, person)
    // More than a page.
    const titles = Array.from({ length: 101 }, (_, i) => `No. ${i}`)
    for (const title of titles) await send(title, person, NotificationCategory.SECURITY)
    const { exportMyData } = await ask('mutation { exportMyData { json } }', {}, person)
    const document = JSON.parse(exportMyData.json as string) as { notifications: { title: string }[] }
    expect(document).toMatchObject({
      notificationSettings: { timeZone: 'Europe/Berlin' },
      pushDevices: [{ kind: 'FCM', name: 'Phone' }],
    })
    expect(document.notifications.map(({ title }) => title)).toEqual(titles.toReversed())
    expect(JSON.stringify(document)).not.toContain('eeee')
  })

  it('registers a browser or an app for push notifications, and removes it', async () => {
    const input = { name: 'Ada’s phone', fcmToken: 'f'.repeat(152) }
    const { registerPushDevice: device } = await ask(REGISTER, { input })
    expect(device).toMatchObject({ kind: 'FCM', name: 'Ada’s phone' })
    expect((await ask('{ pushDevices { id } }')).pushDevices).toEqual([{ id: device.id }])
    expect(await ask(REMOVE, { id: device.id })).toEqual({ removePushDevice: true })
    expect((await service.graphql(REMOVE, { id: device.id }, user.token)).code).toBe('NOT_FOUND')
    expect((await ask('{ webPushKey }')).webPushKey).toBeNull()
  })

  it('is told what is wrong', async () => {
    const codeOf = async (query: string, variables: object) =>
      (await service.graphql(query, variables, user.token)).code
    const inputs: [string, object][] = [
      [MARK, {}],
      [MARK, { ids: ['x'], upTo: 'x' }],
      [LIST, { after: 'nonsense' }],
      [CHANGE, { input: { timeZone: 'Nowhere/Here' } }],
      [CHANGE, { input: { digestWeekday: 8 } }],
      [REGISTER, { input: {} }],
      [REGISTER, { input: { fcmToken: 'x', apnsToken: 'y' } }],
    ]
    for (const [query, variables] of inputs) expect(await codeOf(query, variables)).toBe('INVALID_INPUT')
    expect((await service.graphql(LIST)).code).toBe('UNAUTHENTICATED')
  })
})

describe('a subscription', () => {
  const TRANSPORTS = {
    'server-sent events': (token: string) => overSse(service.url, bearer(token)),
    'a WebSocket': (token: string) => overWebSocket(service.url, bearer(token)),
  }

  it.each(Object.entries(TRANSPORTS))(
    'over %s gets the count, each new notification, and the end of the session',
    async (_, open) => {
      const person = await service.signUp()
      const client = open(person.token)
      const stream = await follow(client, RECEIVED)
      await until('the count is there', () => stream.events.length === 1)
      await send('Ready', person)
      await until('it has arrived', () => stream.events.length === 2)
      expect(stream.events).toEqual([
        { notification: null, unreadCount: 0 },
        { notification: { title: 'Ready' }, unreadCount: 1 },
      ])
      await service.succeed('mutation { logout }', {}, person.token)
      await until('it has ended', () => stream.ended())
      client.dispose()
    },
  )
})

describe('while the notification service is away', () => {
  it('open subscriptions wait and go on, notifications say so, and everything else works', async () => {
    const person = await service.signUp()
    const client = overSse(service.url, bearer(person.token))
    const stream = await follow(client, RECEIVED)
    await until('it is open', () => stream.events.length === 1)
    await notification.pause()
    const { errors } = await service.graphql(LIST, {}, person.token)
    expect(errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: expect.any(Number) })
    expect((await service.succeed('{ profile { id } }', {}, person.token)).profile.id).toBe(person.id)
    const health = (await (await fetch(`${service.url}/health`)).json()) as object
    expect(health).toMatchObject({ status: 'degraded', components: { notification: { state: 'down' } } })

    await notification.restart()
    await until(
      'notifications are there',
      async () => (await service.graphql(LIST, {}, person.token)).errors.length === 0,
    )
    await send('Back', person)
    await until('it has arrived', () => stream.events.some(({ notification: arrived }) => arrived?.title === 'Back'))
    client.dispose()
  })
})

it('without the service, the operations say that there are no notifications', async () => {
  const without = await startService()
  const { token } = await without.signUp()
  for (const query of [LIST, '{ webPushKey }', `{ notificationSettings ${SETTINGS} }`]) {
    const { code, errors } = await without.graphql(query, {}, token)
    expect([code, errors[0]?.message]).toEqual(['FORBIDDEN', expect.stringContaining('no notifications')])
  }
  await without.stop()
})
