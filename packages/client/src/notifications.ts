/**
 * The notifications of the signed-in user: the list, new ones as they arrive, and how the user wants to get them. Every call
 * rejects with FORBIDDEN if `notificationsEnabled` of the policy is false, and with SERVICE_UNAVAILABLE while the notification service
 * does not respond.
 *
 * @packageDocumentation
 */
import { field } from './answer.js'
import type { Client } from './client.js'
import type {
  Notification,
  NotificationCategory,
  NotificationReceived,
  NotificationSettings,
  PageInfo,
  PushDevice,
  RegisterPushDeviceInput,
  UpdateNotificationSettingsInput,
} from './generated/schema.js'
import { subscribe } from './subscription.js'

const NOTIFICATION = '{id category title body link locale createdAt readAt}'
const SETTINGS =
  '{locale timeZone quietHours{enabled start end}digestTime digestWeekday' +
  ' categories{category channels{channel enabled}digest}phoneNumberEnding}'
const DEVICE = '{id kind name createdAt lastUsedAt}'
const LIST =
  'query($first:Int,$after:ID,$unread:Boolean,$category:NotificationCategory){' +
  'notifications(first:$first,after:$after,unread:$unread,category:$category)' +
  `{edges{node${NOTIFICATION}}pageInfo{hasNextPage endCursor}}unreadNotificationCount}`
const COUNT = '{unreadNotificationCount}'
const MARK = 'mutation($ids:[ID!],$upTo:ID){markNotificationsRead(ids:$ids,upTo:$upTo)}'
const READ_SETTINGS = `{notificationSettings${SETTINGS}}`
const CHANGE = `mutation($input:UpdateNotificationSettingsInput!){updateNotificationSettings(input:$input)${SETTINGS}}`
const DEVICES = `{pushDevices${DEVICE}}`
const KEY = '{webPushKey}'
const REGISTER = `mutation($input:RegisterPushDeviceInput!){registerPushDevice(input:$input)${DEVICE}}`
const REMOVE = 'mutation($id:ID!){removePushDevice(id:$id)}'
const RECEIVED = `subscription{notificationReceived{notification${NOTIFICATION}unreadCount}}`

const call = async <T>(client: Client, name: string, document: string, variables?: object): Promise<T> =>
  field(await client.request<Record<string, T>>(document, variables), name)

/** Which notifications to list. `after`: the `endCursor` of the page before. */
export interface NotificationOptions {
  readonly first?: number | undefined
  readonly after?: string | undefined
  /** True: only those that are not read. */
  readonly unread?: boolean | undefined
  readonly category?: NotificationCategory | undefined
}

/** A part of the list. */
export interface NotificationPage {
  readonly notifications: readonly Notification[]
  readonly hasNextPage: boolean
  /** Gets the next page. Null if this one is empty. */
  readonly endCursor: string | null
  /** How many notifications of the user are not read. */
  readonly unreadCount: number
}

/** The notifications of the user, the newest first. */
export async function notifications(client: Client, options: NotificationOptions = {}): Promise<NotificationPage> {
  const data = await client.request<{
    notifications: { edges: { node: Notification }[]; pageInfo: Pick<PageInfo, 'hasNextPage' | 'endCursor'> }
    unreadNotificationCount: number
  }>(LIST, options)
  const { edges, pageInfo } = data.notifications
  return {
    notifications: edges.map(({ node }) => node),
    hasNextPage: pageInfo.hasNextPage,
    endCursor: pageInfo.endCursor ?? null,
    unreadCount: data.unreadNotificationCount,
  }
}

/** How many notifications of the user are not read. */
export const unreadNotificationCount = (client: Client): Promise<number> =>
  call(client, 'unreadNotificationCount', COUNT)

/** Marks these notifications as read, or one and all older ones. Resolves to how many are not. */
export const markNotificationsRead = (
  client: Client,
  what: { readonly ids: readonly string[] } | { readonly upTo: string },
): Promise<number> => call(client, 'markNotificationsRead', MARK, what)

/** How the user gets notifications. */
export const notificationSettings = (client: Client): Promise<NotificationSettings> =>
  call(client, 'notificationSettings', READ_SETTINGS)

/** Changes that. What is absent stays as it is. */
export const updateNotificationSettings = (
  client: Client,
  input: UpdateNotificationSettingsInput,
): Promise<NotificationSettings> => call(client, 'updateNotificationSettings', CHANGE, { input })

/** The browsers and apps of the user that get push notifications. */
export const pushDevices = (client: Client): Promise<PushDevice[]> => call(client, 'pushDevices', DEVICES)

/** The `applicationServerKey` for `PushManager.subscribe`. Null if the deployment sends no push notifications. */
export async function webPushKey(client: Client): Promise<string | null> {
  return (await client.request<{ webPushKey: string | null }>(KEY)).webPushKey
}

/** Registers a browser or an app. One that is registered already keeps its id. */
export const registerPushDevice = (client: Client, input: RegisterPushDeviceInput): Promise<PushDevice> =>
  call(client, 'registerPushDevice', REGISTER, { input })

/** Removes a browser or an app: it gets no push notifications any more. */
export async function removePushDevice(client: Client, id: string): Promise<void> {
  await call(client, 'removePushDevice', REMOVE, { id })
}

/** What {@link followNotifications} calls. */
export interface FollowNotificationsOptions {
  /** Called with each new notification. */
  readonly onNotification?: ((notification: Notification) => void) | undefined
  /** Called at first, and whenever the number of notifications that are not read may have changed. */
  readonly onCount?: ((unreadCount: number) => void) | undefined
  /** Called when events arrive from now on, at first and again after each interruption: load what may have been missed. */
  readonly onOpen?: (() => void) | undefined
}

/**
 * Follows the notifications of the user as long as the session lasts, over one connection that is opened again when it breaks.
 * Returns a function that stops.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { followNotifications } from '@postern/client/notifications'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 * const stop = followNotifications(client, {
 *   onNotification: ({ title }) => console.log(title),
 *   onCount: (unread) => (document.title = unread > 0 ? `(${unread}) Acme` : 'Acme'),
 * })
 * ```
 */
export const followNotifications = (
  client: Client,
  { onNotification, onCount, onOpen }: FollowNotificationsOptions,
): (() => void) =>
  subscribe(client, {
    document: RECEIVED,
    onData({ notificationReceived }) {
      if (!notificationReceived) return
      const { notification, unreadCount } = notificationReceived as NotificationReceived
      if (notification) onNotification?.(notification)
      onCount?.(unreadCount)
    },
    onOpen,
  })

export type {
  Notification,
  NotificationCategory,
  NotificationCategorySettings,
  NotificationChannel,
  NotificationDigest,
  NotificationSettings,
  PushDevice,
  QuietHours,
  RegisterPushDeviceInput,
  UpdateNotificationSettingsInput,
} from './generated/schema.js'
