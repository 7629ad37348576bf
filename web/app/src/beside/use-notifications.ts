// The list of notifications, which grows by itself while someone looks at the page.
import {
  followNotifications,
  markNotificationsRead,
  type Notification,
  notifications,
} from '@postern/client/notifications'
import { useCallback, useEffect, useState } from 'react'
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'

const FEW = 10

/** Hidden pages follow nothing: browsers open few connections to a host. */
function whileVisible(start: () => () => void): () => void {
  let stop: (() => void) | null = null
  function update(): void {
    const isVisible = document.visibilityState === 'visible'
    if (!isVisible) stop?.()
    stop = isVisible ? (stop ?? start()) : null
  }
  update()
  document.addEventListener('visibilitychange', update)
  return () => {
    document.removeEventListener('visibilitychange', update)
    stop?.()
  }
}

export function useNotifications() {
  const [size, setSize] = useState(FEW)
  const load = useCallback(() => notifications(client, { first: size }), [size])
  const { data: page, failed, reload } = useLoaded(load)
  const [arrived, setArrived] = useState<readonly Notification[]>([])
  const [count, setCount] = useState<number | null>(null)

  useEffect(
    () =>
      whileVisible(() =>
        followNotifications(client, {
          onNotification: (notification) => setArrived((before) => [notification, ...before]),
          onCount: setCount,
          // What has come since the list was loaded, also at first.
          onOpen: reload,
        }),
      ),
    [reload],
  )

  const known = new Set(page?.notifications.map(({ id }) => id))
  // Those that arrived stay until a load has them, so that the list is never shorter for a moment.
  const newest = page?.notifications[0]?.createdAt ?? ''
  const isNewer = ({ id, createdAt }: Notification) => !known.has(id) && createdAt >= newest
  const markRead = async (what: { ids: readonly string[] } | { upTo: string }) => {
    setCount(await markNotificationsRead(client, what))
    reload()
  }
  return {
    list: page && [...arrived.filter(isNewer), ...page.notifications],
    failed,
    unread: count ?? page?.unreadCount ?? 0,
    hasMore: page?.hasNextPage ?? false,
    showMore: () => setSize(100),
    markRead,
  }
}
