// The notifications of the signed-in user. The notification service has them: this one says who the user is.
import { ServiceError } from '@postern/service/errors'
import type { Client, Viewer } from '../sessions/index.js'
import { BEGINNING, cursorAt, positionOf } from './cursors.js'
import type { LiveNotifications } from './live.js'
import type { Filter, Notification, NotificationRecords, PushTarget, SettingsChanges } from './notification.js'

/** The most that the notification service returns at once. */
const MOST = 100

/** Of an export, the newest: more than the service keeps of nearly everyone. */
const MOST_EXPORTED = 10_000

interface PageOptions extends Filter {
  after: string | null
  size: number
}

const reading = ({ signal, requestId }: Client) => ({ signal, ...(requestId !== null && { requestId }) })

/** A person who leaves the page has decided nevertheless. */
const writing = ({ requestId }: Client) => (requestId === null ? {} : { requestId })

export type NotificationServices = ReturnType<typeof createNotifications>

export const createNotifications = (notifications: NotificationRecords, live: LiveNotifications) => ({
  live,

  /** The newest first. Throws INVALID_INPUT if `after` is no cursor. */
  async list({ user }: Viewer, { after, size, ...filter }: PageOptions, client: Client) {
    const { token, skip } = after === null ? BEGINNING : positionOf(after)
    const wanted = { ...filter, token, size: Math.min(MOST, skip + size) }
    const page = await notifications.page(user.id, wanted, reading(client))
    const { nextToken } = page
    const nodes = page.notifications.slice(skip, skip + size)
    const isRest = page.notifications.length <= skip + size
    const edges = nodes.map((node, i) => {
      const isLast = isRest && i === nodes.length - 1 && nextToken !== ''
      return { cursor: cursorAt(isLast ? { token: nextToken, skip: 0 } : { token, skip: skip + i + 1 }), node }
    })
    return { edges, hasNextPage: nextToken !== '' || !isRest, hasPreviousPage: after !== null }
  },

  async unreadCount({ user }: Viewer, client: Client): Promise<number> {
    // The count comes with a page.
    const filter = { unread: true, category: null, size: 1, token: '' }
    return (await notifications.page(user.id, filter, reading(client))).unreadCount
  },

  /** Returns how many are not read. */
  markAsRead: ({ user }: Viewer, what: { ids: readonly string[] } | { upTo: string }, client: Client) =>
    notifications.markAsRead(user.id, what, writing(client)),

  settings: ({ user }: Viewer, client: Client) => notifications.settings(user.id, reading(client)),

  /** Throws INVALID_INPUT. */
  changeSettings: ({ user }: Viewer, changes: SettingsChanges, client: Client) =>
    notifications.changeSettings(user.id, changes, writing(client)),

  devices: ({ user }: Viewer, client: Client) => notifications.devices(user.id, reading(client)),

  /** Throws INVALID_INPUT. */
  registerDevice: ({ user }: Viewer, device: { name: string | null; target: PushTarget }, client: Client) =>
    notifications.registerDevice(user.id, device, writing(client)),

  /** Throws NOT_FOUND. */
  removeDevice: ({ user }: Viewer, id: string, client: Client) =>
    notifications.removeDevice(user.id, id, writing(client)),

  /** Null if the deployment sends no Web Push. */
  pushKey: (client: Client): Promise<string | null> => notifications.pushKey(reading(client)).catch(nullIfMissing),

  /** What a person may take along. */
  data: {
    settings: ({ user }: Viewer) => notifications.settings(user.id, {}),
    devices: ({ user }: Viewer) => notifications.devices(user.id, {}),
    list: async ({ user }: Viewer): Promise<Notification[]> => {
      const list: Notification[] = []
      let token = ''
      do {
        const page = await notifications.page(user.id, { unread: false, category: null, size: MOST, token }, {})
        list.push(...page.notifications)
        token = page.nextToken
      } while (token !== '' && list.length < MOST_EXPORTED)
      return list
    },
  },
})

function nullIfMissing(error: unknown): null {
  if (error instanceof ServiceError && error.code === 'NOT_FOUND') return null
  throw error
}
