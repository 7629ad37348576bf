// The section with the notifications of the person. New ones appear without a reload.
import type { Notification } from '@postern/client/notifications'
import { useRef } from 'react'
import { Section } from '../account/Section.js'
import { FormError } from '../forms/FormError.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Icon } from '../ui/Icon.js'
import { LoadingStatus, Skeleton } from '../ui/Skeleton.js'
import { ago, atMoment } from '../wording/times.js'
import { useNotifications } from './use-notifications.js'

export function Notifications() {
  const { list, failed, unread, hasMore, showMore, markRead } = useNotifications()
  const state = useRef<HTMLParagraphElement>(null)
  const markAll = useAction(async () => {
    const [newest] = list ?? []
    if (newest) await markRead({ upTo: newest.id })
    // The focused button disappears.
    state.current?.focus()
  })

  return (
    <Section id="notifications" title="Notifications" about={<p>Messages to you. New ones appear by themselves.</p>}>
      <p className="facts" role="status" tabIndex={-1} ref={state}>
        {unread === 0 ? 'You have read everything.' : <span className="badge">{unread} unread</span>}
      </p>
      {!list && (failed ? <p className="hint">Can't load your notifications right now.</p> : <Loading />)}
      {list?.length === 0 && <p className="hint">There are none yet.</p>}
      {list && list.length > 0 && (
        <ul className="rows rows-boxed" aria-labelledby="notifications-title">
          {list.map((notification) => (
            <NotificationRow
              key={notification.id}
              notification={notification}
              onRead={() => markRead({ ids: [notification.id] })}
            />
          ))}
        </ul>
      )}
      <FormError error={markAll.error} />
      <div className="actions">
        {unread > 0 && (
          <Button busy={markAll.busy} onClick={markAll.run}>
            Mark all as read
          </Button>
        )}
        {hasMore && (
          <Button look="quiet" onClick={showMore}>
            Show more
          </Button>
        )}
      </div>
    </Section>
  )
}

function NotificationRow({ notification, onRead }: { notification: Notification; onRead: () => Promise<void> }) {
  const { title, body, link, createdAt, readAt, category } = notification
  const read = useAction(onRead)
  return (
    <li className="row">
      <span className="row-icon">
        <Icon name={category === 'SECURITY' ? 'alert' : 'info'} />
      </span>
      <div className="row-words">
        <span className="row-title">
          {link ? <a href={link}>{title}</a> : title} {!readAt && <span className="badge">New</span>}
        </span>
        <span className="hint notification-body">{body}</span>
        <span className="row-more facts">
          <time dateTime={createdAt} title={atMoment(createdAt)}>
            {ago(createdAt)}
          </time>
        </span>
        <FormError error={read.error} />
      </div>
      {!readAt && (
        <Button look="quiet" busy={read.busy} onClick={read.run} label={`Mark as read: ${title}`}>
          Mark as read
        </Button>
      )}
    </li>
  )
}

const Loading = () => (
  <div className="rows-boxed">
    <LoadingStatus />
    <Skeleton shapes={['row', 'row', 'row']} />
  </div>
)
