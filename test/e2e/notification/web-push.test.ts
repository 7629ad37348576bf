// A notification from this service to the screen: Chromium subscribes at a push service of the test, which passes on what the channel
// sends. Chromium itself decrypts it, wakes the service worker, and shows the notification.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createOutboundRequests } from '../../../packages/delivery/src/outbound/requests.js'
import { unguarded } from '../../../packages/service/src/breakers.js'
import {
  readSubscription,
  subscriptionInput,
} from '../../../services/notification/src/channels/web-push/subscription.js'
import { readVapidKey } from '../../../services/notification/src/channels/web-push/vapid.js'
import { createWebPush } from '../../../services/notification/src/channels/web-push/web-push.js'
import { message, oneDevice, outcomeOf } from '../../../services/notification/test/channels/messages.js'
import { serviceWorkerOf } from '../../support/documents.js'
import { type PushService, startPushService } from '../../support/push-service.js'
import { PATIENCE_MS, until } from '../../support/wait.js'

const VAPID = readVapidKey(Buffer.alloc(32, 9).toString('base64url'))
const OTHER_KEY = readVapidKey(Buffer.alloc(32, 10).toString('base64url'))

let [pushService, app] = [] as unknown as [PushService, Server]
let [profile, context, page] = [] as unknown as [string, BrowserContext, Page]

beforeAll(async () => {
  pushService = await startPushService()
  // The service worker of docs/notification-channels.md.
  const files: Record<string, [type: string, text: string]> = {
    '/': ['text/html', '<!doctype html><title>An app</title>'],
    '/service-worker.js': ['text/javascript', serviceWorkerOf('docs/notification-channels.md')],
  }
  app = createServer(({ url = '' }, response) => {
    const [type, text] = files[url] ?? ['text/plain', '']
    response.setHeader('content-type', type).end(text)
  }).listen(0, '127.0.0.1')
  await once(app, 'listening')
  const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`
  profile = await mkdtemp(join(tmpdir(), 'postern-chromium-'))
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    // The old headless mode has no push messages, and an incognito profile neither.
    headless: false,
    ignoreDefaultArgs: ['--disable-background-networking'],
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      ...pushService.arguments,
    ],
  })
  context.setDefaultTimeout(PATIENCE_MS)
  await context.grantPermissions(['notifications'], { origin })
  page = await context.newPage()
  await page.goto(origin)
})
afterAll(async () => {
  await context.close()
  app.close()
  await pushService.close()
  await rm(profile, { recursive: true, force: true })
})

interface Shown {
  title: string
  body: string
  lang: string
  data: unknown
}

/** The notifications that Chromium shows. */
const shown = () =>
  page.evaluate<Shown[]>(`navigator.serviceWorker.ready
    .then((registration) => registration.getNotifications())
    .then((all) => all.map(({ title, body, lang, data }) => ({ title, body, lang, data })))`)

/** Under load, Chromium can drop a message while the service worker is still starting for the first time. */
const untilShown = (title: string) =>
  until(
    `${title} is shown`,
    async () => {
      const found = (await shown()).find((notification) => notification.title === title)
      if (!found) pushService.repeat()
      return found
    },
    { every: 1000 },
  )

/** What `PushSubscription.toJSON` returns. */
const subscribe = (key: string) =>
  page.evaluate<{ endpoint: string; keys: { p256dh: string; auth: string } }>(`
    navigator.serviceWorker.register('/service-worker.js')
      .then(() => navigator.serviceWorker.ready)
      .then(({ pushManager }) => pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: '${key}' }))
      .then((subscription) => subscription.toJSON())`)

it('Chromium subscribes, decrypts what the channel sends, and shows it', async () => {
  const { endpoint, keys } = await subscribe(VAPID.publicKey)
  const stored = subscriptionInput(() => null).parse({ endpoint: pushService.endpointOf(endpoint), ...keys })
  const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'] })
  const shared = {
    ...{ devices: oneDevice(readSubscription(stored)), send, services: { guardOf: () => unguarded } },
    subject: 'mailto:ops@example.com',
  }
  const channel = createWebPush({ ...shared, keys: VAPID })

  await pushService.connected()
  expect(await outcomeOf(channel)).toEqual({ kind: 'delivered' })
  const notification = await untilShown('Grüße')
  expect(notification).toMatchObject({
    ...{ title: 'Grüße', body: 'Der Lauf „Nachts" ist fertig.', lang: 'de' },
    data: { link: 'https://app.example.com/runs/7' },
  })
  expect(pushService.accepted.at(-1)).toMatchObject({ ttl: '604800', urgency: 'normal' })

  const long = 'Ein längerer Text 👍. '.repeat(500)
  const content = { title: 'Lang', body: long, html: null, short: null }
  expect(await outcomeOf(channel, message({ notificationId: 'another', content }))).toEqual({ kind: 'delivered' })
  const longest = await untilShown('Lang')
  expect(longest.body.length).toBeGreaterThan(3000)

  expect(await outcomeOf(createWebPush({ ...shared, keys: OTHER_KEY }))).toMatchObject({
    ...{ kind: 'again', failure: 'The push service answered 403.' },
  })
  pushService.end(endpoint)
  expect(await outcomeOf(channel)).toMatchObject({ kind: 'refused', forgetTarget: true })
})
